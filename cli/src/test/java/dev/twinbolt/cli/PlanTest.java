package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.cli.Programs.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `engine-host plan` as its users meet it.
class PlanTest {
    private static final String MEASURES = "measuring devices for the plan (once a month)";
    private static final String GPU = "GPU: 2GB, 1008GB/s, 165TFLOPS";
    private static final String MAC = "Mac: 64 GiB, 800 gb/s, 27TOPS";

    @TempDir Path folder;

    @Test
    void aHeaderIsEnoughToPlanWithAndSaysSoWhereItIsNot() throws Exception {
        Path model = RandomLlama.writeHeader(folder);
        Ended planned = Programs.host("plan", "-m", model.toString(), "-c", "100");
        assertEquals(0, planned.code(), planned.err());
        assertTrue(planned.out().contains("embedding, layers 0-7, head"), planned.out());
        assertTrue(planned.out().contains("predicted: "), planned.out());
        assertTrue(List.of("", MEASURES).contains(planned.err().strip()), planned.err());
        Ended again = Programs.host("plan", "-m", model.toString(), "-c", "100");
        assertEquals("", again.err());
        Ended refused = Programs.host("-m", model.toString(), "-p", "a");
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.err().contains("enough to plan with (engine-host plan)"), refused.err());
    }

    @Test
    void machinesNeedNotBeThere() throws Exception {
        Ended planned = described(GPU, GPU.replace("GPU", "Other"), MAC, "--link", "1us, 12Gbit");
        assertEquals(0, planned.code(), planned.err());
        assertEquals("", planned.err());
        assertTrue(planned.out().contains("GPU: 2GB, 1008GB/s, 165TFLOPS; linked by 1us, 12Gbit"));
        assertTrue(planned.out().contains("Mac: 64 GiB, 800 gb/s, 27TOPS; the host"));
        assertTrue(planned.out().contains("70 % of what they read"), planned.out());
        assertTrue(planned.out().contains("predicted: "), planned.out());
        Ended star =
                described(
                        GPU,
                        GPU,
                        MAC,
                        "--link",
                        "1us, 12Gbit/s",
                        "--link",
                        "0.1ms, 100MB/s",
                        "-ts",
                        "1,1,1",
                        "--require-nodes",
                        "2");
        assertEquals(0, star.code(), star.err());
        assertTrue(star.out().contains("ggml RPC is a star"), star.out());
    }

    /// Standard output is the terminal where that has rows.
    @ParameterizedTest
    @ValueSource(ints = {0, 24})
    void theAnswerFitsTheTerminalItIsOn(int rows) throws Exception {
        String model = RandomLlama.writeHeader(folder).toString();
        ProcessBuilder builder =
                Programs.builder(EngineHost.class, "plan", "-m", model, "--device", MAC);
        builder.command().add(1, "-Dtwinbolt.columns=32");
        builder.command().add(1, "-Dtwinbolt.rows=" + rows);
        Ended planned = Programs.end(builder.start());
        assertEquals(0, planned.code(), planned.err());
        boolean fits = planned.out().lines().allMatch(line -> line.length() < 32);
        assertEquals(rows > 0, fits, planned.out());
    }

    private Ended described(String... args) throws Exception {
        List<String> all = new ArrayList<>(List.of("plan", "-m"));
        all.add(RandomLlama.writeHeader(folder).toString());
        for (String arg : args) {
            if (arg.contains(":")) {
                all.add("--device");
            }
            all.add(arg);
        }
        return Programs.host(all.toArray(new String[0]));
    }

    @Test
    void failsRatherThanRunWithFewerNodesThanRequired() throws Exception {
        Ended planned = described(GPU, MAC, "--link", "20ms, 12Gbit", "--require-nodes", "1");
        assertEquals(9, planned.code(), planned.err());
        assertEquals("", planned.out());
        assertTrue(
                planned.err().startsWith("engine-host: 0 of the 1 required nodes"), planned.err());
        Path model = RandomLlama.write(folder);
        Ended told =
                Programs.host("-m", model.toString(), "-p", "a", "--require-nodes", "1", "-n", "2");
        assertEquals(9, told.code(), told.err());
        assertEquals("", told.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x                          | 1ms, 1Gbit | expected a form such as",
                "x: 24GB                    | 1ms, 1Gbit | expected a form such as",
                ": 24GB, 1GB/s, 1TFLOPS     | 1ms, 1Gbit | expected a form such as",
                "x: 24, 1GB/s, 1TFLOPS      | 1ms, 1Gbit | '24' is not memory",
                "x: 24GB, 1GB, 1TFLOPS      | 1ms, 1Gbit | '1GB' is not bytes or bits a second",
                "x: 24GB, 1GB/s, -1TFLOPS   | 1ms, 1Gbit | '-1TFLOPS' is not operations",
                "x: 24GB, 0GB/s, 1TFLOPS    | 1ms, 1Gbit | '0GB/s' is not bytes",
                "x: 24GB, 1GB/s, 1TFLOPS    | 1ms        | expected a form such as",
                "x: 24GB, 1GB/s, 1TFLOPS    | 1m, 1Gbit  | '1m' is not a time, a number above 0 in ms, s, us",
                "x: 24GB, 1GB/s, 1TFLOPS    | 1ms, fast  | 'fast' is not bytes",
            })
    void saysWhatIsWrongWithADescription(String device, String link, String part) throws Exception {
        List<String> devices = List.of(device, MAC);
        Exception thrown =
                assertThrows(
                        UsageException.class,
                        () -> DescribedMachines.parse(devices, List.of(link)));
        assertTrue(thrown.toString().contains(part), thrown.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plan                                       | no model",
                "-c 5 plan -m x.gguf                        | --ctx-size goes after plan",
                "plan -m x.gguf --link 1ms,1Gbit            | --link belongs to",
                "plan -m x.gguf --device x --rpc a:1        | not both",
                "plan -m x.gguf --device x --device y       | 0 --link for 1 described node",
                "plan -m x.gguf --device x                  | --device x: expected a form",
                "plan -m x.gguf --device x --measure        | cannot be measured",
                "plan -m x.gguf --require-nodes -1          | --require-nodes -1",
                "-m x.gguf --plan                           | --plan",
            })
    void saysWhatIsWrongInOneLine(String args, String part) throws Exception {
        Ended ended = Programs.host(args.split(" "));
        assertEquals(2, ended.code(), ended.err());
        assertEquals(1, ended.errLines().size(), ended.err());
        assertTrue(ended.err().startsWith("engine-host: "), ended.err());
        assertTrue(ended.err().contains(part), ended.err());
    }

    /// The prompt is taken as it is, also where it is the name of a command.
    @Test
    void theNameOfTheCommandMayBeAPrompt() throws Exception {
        Ended ended = Programs.host("-m", "absent.gguf", "-p", "plan");
        assertEquals(3, ended.code(), ended.err());
    }

    @Test
    void measuresANodeOnceAndPredictsWithIt() throws Exception {
        Path model = RandomLlama.writeHeader(folder);
        try (Node node = new Node("-t", "1")) {
            String[] args = {"plan", "-m", model.toString(), "--rpc", node.endpoint()};
            Ended first = Programs.host(args);
            assertEquals(0, first.code(), first.err());
            assertEquals(MEASURES, first.err().strip());
            String link = "(?s).*device 0; .* GB/s, .*FLOPS, link .* ms and .* Gbit/s.*";
            assertTrue(first.out().matches(link), first.out());
            assertTrue(first.out().contains("predicted: "), first.out());
            Ended again = Programs.host(args);
            assertEquals("", again.err());
            assertEquals(rates(first), rates(again));
            Ended anew = Programs.host("plan", "-m", args[2], "--measure");
            assertEquals(MEASURES, anew.err().strip());
            assertTrue(node.process().isAlive());
            assertFalse(node.log().toString().contains("refused"), node.log().toString());
        }
    }

    private static List<String> rates(Ended ended) {
        return ended.out().lines().filter(line -> line.contains("GB/s")).toList();
    }
}
