package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bench/compare` with programs that only print what real ones would.
class CompareScriptTest {
    private static final int LIMIT_SECONDS = 60;

    @TempDir Path folder = Path.of("");

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void needsPython() throws InterruptedException {
        boolean isThere;
        try {
            Process python =
                    new ProcessBuilder(
                                    "python3",
                                    "-c",
                                    "import sys; sys.exit(sys.version_info < (3, 8))")
                            .start();
            isThere = python.waitFor() == 0 && Files.isExecutable(Path.of("/bin/sh"));
        } catch (IOException e) {
            isThere = false;
        }
        assumeTrue(isThere, "bench/compare is not tested, as there is no Python 3.8 or no shell");
    }

    /// Each run appends a letter to a file, and is faster the more letters there are.
    private Path fake(String name, String build, String rates) throws IOException {
        Path log = folder.resolve(name + ".log");
        Path program =
                Files.writeString(
                        folder.resolve(name),
                        """
                        #!/bin/sh
                        printf x >>'%s'
                        set -- %s
                        shift $(($(wc -c <'%s') - 1))
                        row() { echo '{"build_commit": "%s", "build_number": 1, "cpu_info": "A CPU", "model_type": "a model",'
                            echo '"model_size": 1000000000, "n_threads": 2, "n_prompt": '$1', "n_gen": '$2', "avg_ts": '$3'}'; }
                        echo "["; row 512 0 "$1"; echo ","; row 0 64 "$1.5"; echo "]"
                        """
                                .formatted(log, rates, log, build));
        assertTrue(program.toFile().setExecutable(true));
        return program;
    }

    private Ended compare(String... options) throws IOException, InterruptedException {
        String root = System.getProperty("twinbolt.root", "..");
        List<String> command =
                new ArrayList<>(List.of("python3", Path.of(root, "bench", "compare").toString()));
        command.addAll(List.of("-m", Files.writeString(folder.resolve("m.gguf"), "") + ""));
        command.addAll(List.of(options));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void printsMediansOfBothAndOfTheRatios() throws IOException, InterruptedException {
        Path ours = fake("ours", "twinbolt-1", "30 10 20 7 8 9");
        Path theirs = fake("theirs", "abc", "10 20 10 1 1 1");
        Ended ended =
                compare(
                        "--engine-bench",
                        ours.toString(),
                        "--llama-bench",
                        theirs.toString(),
                        "-N",
                        "3",
                        "--busy");
        assertEquals(0, ended.code(), ended.err());
        assertTrue(
                ended.out()
                        .endsWith(
                                """
                                | test | threads | Twinbolt t/s | llama.cpp t/s | Twinbolt / llama.cpp |
                                | --- | ---: | ---: | ---: | ---: |
                                | pp512 | 2 | 20.00 | 10.00 | 2.00 |
                                | tg64 | 2 | 20.50 | 10.50 | 1.95 |
                                | pp512, machine not idle | 2 | 8.00 | 1.00 | 8.00 |
                                | tg64, machine not idle | 2 | 8.50 | 1.50 | 5.67 |

                                """),
                ended.out());
        assertTrue(ended.out().startsWith("CPU: A CPU. Model: a model, 1.00 GB.\n"), ended.out());
        assertTrue(ended.out().contains("Twinbolt: twinbolt-1. llama.cpp: build abc (1).\n"));
        assertTrue(ended.out().contains("    theirs -m "), ended.out());
    }

    @Test
    void aFailureIsOneLine() throws IOException, InterruptedException {
        Path ours = fake("ours", "twinbolt-1", "1 2 3");
        Ended ended =
                compare("--engine-bench", ours.toString(), "--llama-bench", "/none/llama-bench");
        assertEquals(1, ended.code());
        assertEquals("", ended.out());
        assertTrue(
                ended.err().contains("compare: /none/llama-bench cannot be started"), ended.err());
    }
}
