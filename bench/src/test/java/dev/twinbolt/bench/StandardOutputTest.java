package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A standard output that cannot be written, in a process of its own.
class StandardOutputTest {
    private static final int LIMIT_SECONDS = 60;

    @TempDir Path folder = Path.of("");

    /// Ends with 8 and one line.
    private void assertFails(String to, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" " + to, "sh"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(EngineBench.class.getName());
        command.addAll(List.of(arguments));
        Path said = folder.resolve("said.txt");
        Process bench = new ProcessBuilder(command).redirectError(said.toFile()).start();
        boolean hasEnded = bench.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        bench.destroyForcibly();
        assertTrue(hasEnded, "it did not end");
        String err = Files.readString(said, StandardCharsets.UTF_8);
        assertEquals(8, bench.exitValue(), err);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("engine-bench: cannot write to standard output: "), err);
    }

    private String tiny() {
        String file = folder.resolve("tiny.gguf").toString();
        assertEquals(0, EngineBench.commandLine().execute("make", "--layers", "1", "-o", file));
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"md", "json"})
    void aTableThatIsLostIsAFailure(String format) throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full here");
        assertFails(
                ">/dev/full",
                ("-m " + tiny() + " -p 2 -n 0 -r 1 -t 1 --no-warmup -o " + format).split(" "));
    }

    /// As the launchers leave an output that is closed.
    @Test
    void helpThatIsLostIsAFailure() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full here");
        assertFails(">/dev/full", "--help");
        assertFails("1</dev/null", "--help");
    }
}
