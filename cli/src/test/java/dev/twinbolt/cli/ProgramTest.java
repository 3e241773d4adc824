package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.cli.Programs.Node;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The programs as their users meet them.
class ProgramTest {
    private static final String DEMO =
            SharedData.root().resolve("demo/twinbolt-demo.gguf").toString();

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "2 |                                  | engine-host --demo",
                "2 | --frobnicate                     | --frobnicate",
                "2 | -m x.gguf -p a -sm row           | -sm row",
                "2 | -m x.gguf -p a -sm none          | -ts 1,0",
                "2 | -m x.gguf -p a -sm foo           | expected layer",
                "2 | -m x.gguf -p a -ngl x            | -ngl x",
                "2 | -m x.gguf -p a -n -3             | -3",
                "2 | -m x.gguf -p a -c -1             | 0 for the model's own",
                "2 | -m DEMO -p a --rpc 127.0.0.1     | expected host:port",
                "2 | -m DEMO -p a --rpc :42001        | expected host:port",
                "2 | -m DEMO -p a --rpc ,             | expected host:port",
                "2 | -m DEMO -p a --rpc \"\"           | expected host:port",
                "2 | plan                             | type engine-host plan -m FILE.gguf",
                "2 | -m \"\" -p a                       | expected the name",
                "2 | -m x.gguf -p a -ts 1,x           | -ts 1,x",
                "2 | -m DEMO -p a -ts 0,0             | shares are 0",
                "2 | -m DEMO -p a -ts 1,1             | 2 shares, but there is 1 device:",
                "2 | -m DEMO -p a -t 513              | -t 513: expected 1 to 512",
                "2 | --demo -t 99999999               | -t 99999999: expected 1 to 512",
                "2 | -m DEMO -p a -t -5               | threads, or 0 or -1 for the cores",
                "2 | --demo -t -2                     | -t -2: expected 1 to 512",
                "2 | -m DEMO -p a -s 4294967296       | -s 4294967296: expected 0 to 4294967295",
                "2 | -m DEMO -p a --seed -2           | -s -2: expected 0 to",
                "2 | --demo -m x.gguf -p a            | leave out -m",
                "2 | -m x.gguf -r \"\"                 | -r '': expected a text",
                "2 | -m DEMO -p a -n -p               | '-p' is not an int",
                "2 | -m DEMO -p                       | --prompt",
                "2 | -m x.gguf -p a -n -3 -n -4       | -4",
                "3 | -m @x.gguf -p a                  | @x.gguf",
                "2 | -m DEMO -p a -ub 0               | micro-batch",
                "2 | -m x.gguf -p a -ctk q4_0         | -ctk q4_0: expected one of f16, q8_0",
                "2 | -m x.gguf -p a -ctv F16          | -ctv F16: expected one of f16, q8_0",
                "3 | -m /tmp -p a                     | directory",
                "3 | -m /dev/null -p a                | no regular file",
                "2 | -m x.gguf -p a -f b              | use one of them",
                "2 | -m x.gguf -p a --top-p 7         | 7",
                "2 | -m x.gguf -f absent.txt          | absent.txt",
                "3 | -m absent.gguf -p a              | absent.gguf",
                "4 | -m DEMO -p a --rpc 127.0.0.1:1   | 127.0.0.1:1",
                "2 | -m DEMO -p a -c 2147483647       | expected 1 to 16777216",
                "5 | -m DEMO -p a -c 16777216 -ub 16777216 | GiB",
                "7 | -m DEMO -p \"a a\" -c 1          | the context holds 1 token, ",
                "7 | -m DEMO -p \"a a a a a a a\" -c 3 | context",
            })
    void saysWhatIsWrongInOneLineWithItsExitCode(int code, String args, String part)
            throws Exception {
        Ended ended = Programs.host(split(args));
        assertEquals(code, ended.code(), ended.err());
        assertEquals("", ended.out());
        List<String> said =
                ended.errLines().stream().filter(line -> line.startsWith("engine-host: ")).toList();
        assertEquals(1, said.size(), ended.err());
        assertTrue(said.getFirst().contains(part), ended.err());
        assertFalse(ended.err().contains("\tat "), ended.err());
        assertFalse(ended.err().contains("seed "), "it was loaded first: " + ended.err());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-p 65536       | -p 65536: expected a port",
                "-H \"\"          | -H '': expected an address",
                "-d ,           | -d : no such device; there are [CPU]",
                "-d GPU7        | -d GPU7: no such device; there are [CPU]",
                "-d CPU,CPU     | -d CPU,CPU: CPU is named twice",
                "-d CPU -d CPU  | -d CPU,CPU: CPU is named twice",
            })
    void aNodeSaysWhatIsWrongInOneLine(String args, String part) throws Exception {
        Ended ended = Programs.end(Programs.start(EngineNode.class, split(args)));
        assertEquals(2, ended.code(), ended.err());
        assertEquals("", ended.out());
        assertEquals(1, ended.errLines().size(), ended.err());
        assertTrue(ended.err().startsWith("engine-node: " + part), ended.err());
    }

    private static String[] split(String args) {
        return args == null
                ? new String[0]
                : java.util.regex.Pattern.compile("\"([^\"]*)\"|\\S+")
                        .matcher(args)
                        .results()
                        .map(m -> m.group(1) == null ? m.group() : m.group(1))
                        .map(a -> a.equals("DEMO") ? DEMO : a)
                        .toArray(String[]::new);
    }

    @Test
    void detailsAreForWhoAsksForThem() throws Exception {
        Ended ended = Programs.host("plan", "-m", "absent.gguf", "-v");
        assertEquals(3, ended.code(), ended.err());
        assertTrue(ended.errLines().getFirst().contains("absent.gguf"), ended.err());
        assertTrue(ended.err().contains("\tat "), ended.err());
    }

    /// Of an address of no machine: it is said before it is listened on.
    @Test
    void aNodeSaysWhoCanUseIt() throws Exception {
        Ended ended = Programs.end(Programs.start(EngineNode.class, "-H", "192.0.2.1", "-p", "0"));
        assertEquals(6, ended.code(), ended.err());
        assertTrue(ended.err().contains("whoever can reach 192.0.2.1 can use"), ended.err());
        try (Node own = new Node()) {
            assertFalse(own.log().toString().contains("whoever"), own.log().toString());
        }
    }

    @Test
    void refusesAFileThatIsNoModel() throws Exception {
        Path file = folder.resolve("garbage.gguf");
        Files.writeString(file, "This is no model at all, only text.");
        Ended ended = Programs.host("-m", file.toString(), "-p", "a");
        assertEquals(3, ended.code(), ended.err());
        assertTrue(ended.err().contains("byte 0"), ended.err());
    }

    @Test
    void altersNothingButTheExitCodeForWeightsThatAreNoNumbers() throws Exception {
        Path model = RandomLlama.write(folder);
        byte[] bytes = Files.readAllBytes(model);
        java.util.Arrays.fill(bytes, bytes.length - 4096, bytes.length, (byte) 0xFF); // NaN
        Files.write(model, bytes);
        Ended ended = Programs.host("-m", model.toString(), "-p", "a b c", "-n", "5");
        assertEquals(3, ended.code(), ended.err());
        assertFalse(ended.err().contains("internal error"), ended.err());
    }

    @Test
    void saysWhenStandardOutputCannotBeWritten() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "no /dev/full here");
        for (List<String> args :
                List.of(List.of("-m", DEMO, "-p", "Once", "-n", "5"), List.of("--help"))) {
            Process host =
                    Programs.builder(EngineHost.class, args.toArray(new String[0]))
                            .redirectOutput(full.toFile())
                            .start();
            host.getOutputStream().close();
            Ended ended = Programs.end(host);
            assertEquals(8, ended.code(), ended.err());
            assertTrue(
                    ended.errLines()
                            .getLast()
                            .startsWith("engine-host: cannot write to standard output: "),
                    ended.err());
        }
    }

    @Test
    void aReaderThatHasEnoughIsNoError() throws Exception {
        Process host =
                Programs.start(
                        EngineHost.class, "-m", RandomLlama.write(folder).toString(), "-p", "a b");
        host.getOutputStream().close();
        host.getInputStream().read();
        host.getInputStream().close();
        String said = new String(host.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, host.waitFor(), said);
        assertFalse(said.contains("engine-host: "), said);
        assertFalse(said.contains("is full"), "it went on: " + said);
    }

    @Test
    void writesTheSameTextAloneAndOverNodes() throws Exception {
        String[] args = {"-m", DEMO, "-p", "Once upon a time", "-n", "40", "--seed", "5"};
        Ended alone = Programs.host(args);
        assertEquals(0, alone.code(), alone.err());
        assertFalse(alone.out().isBlank());
        try (Node first = new Node();
                Node second = new Node("-t", "1", "-d", "CPU")) {
            assertTrue(second.log().getFirst().contains(", 1 thread, "), second.log()::toString);
            Ended one = Programs.host(with(args, "--rpc", first.endpoint(), "-ts", "1,1"));
            assertEquals(alone.out(), one.out(), one.err());
            assertTrue(one.err().contains("RPC0[" + first.endpoint() + "], layers 0-"), one.err());
            Ended two =
                    Programs.host(
                            with(
                                    args,
                                    "--rpc",
                                    first.endpoint() + "," + second.endpoint(),
                                    "-ts",
                                    "1,2,1",
                                    "-ngl",
                                    "3",
                                    "-ub",
                                    "2"));
            assertEquals(alone.out(), two.out(), two.err());
            assertTrue(
                    two.err().contains("RPC1[" + second.endpoint() + "], layers 1-2"), two.err());
        }
    }

    private static String[] with(String[] args, String... more) {
        return java.util.stream.Stream.of(args, more)
                .flatMap(java.util.Arrays::stream)
                .toArray(String[]::new);
    }

    @Test
    void theDemoTellsAStoryOverTwoProcesses() throws Exception {
        String[] args = {"-n", "12", "-t", "1", "--seed", "5"};
        Ended alone = Programs.host(with(args, "-m", DEMO, "-p", "Once upon a time"));
        Ended ended = Programs.host(with(args, "--demo"));
        assertEquals(0, ended.code(), ended.err());
        assertFalse(alone.out().isBlank());
        assertEquals(alone.out(), ended.out());
        assertTrue(ended.err().contains("Once upon a time"), ended.err());
        MatchResult processes =
                found(
                        "engine-host: process (\\d+); engine-node: process (\\d+), (\\S+:\\d+)",
                        ended.err());
        assertNotEquals(processes.group(1), processes.group(2));
        String node = Pattern.quote("RPC0[" + processes.group(3) + "]");
        // In the plan and at the end, where a stage of one pass per token computed 12 times.
        found("(?m)^" + node + " +layers 0-", ended.err());
        for (String device : List.of(node, "CPU")) {
            MatchResult end =
                    found("(?m)^" + device + ", .*layers .*: (\\d+) forward passes", ended.err());
            assertEquals("12", end.group(1), ended.err());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-p", "-f"})
    void theDemoTellsOnFromThePrompt(String option) throws Exception {
        String prompt = "Once upon a time there was a cat";
        Path file = Files.writeString(folder.resolve("prompt.txt"), prompt);
        String value = option.equals("-f") ? file.toString() : prompt;
        Ended ended = Programs.host("--demo", "--temp", "0", "-n", "1", option, value);
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.errLines().contains(prompt), ended.err());
        assertTrue(ended.err().contains("prompt: 10 tokens"), ended.err());
    }

    private static MatchResult found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertTrue(matcher.find(), () -> "no " + pattern + " in " + text);
        return matcher.toMatchResult();
    }

    /// `%b` of printf makes the bytes; without a model the program goes on no further.
    @ParameterizedTest
    @CsvSource({
        "2, -p, caf\\0351, the prompt from -p is not valid UTF-8 at byte 3",
        "2, -p, '\\0357\\0277\\0275 and \\0303', not valid UTF-8 at byte 8",
        "2, --prompt=\\0377, '', not valid UTF-8",
        "3, -p, \\0357\\0277\\0275, absent.gguf",
    })
    void anArgumentThatIsNoUtf8IsRefused(int code, String option, String text, String part)
            throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/cmdline")), "no /proc here");
        String script =
                text.isEmpty()
                        ? "exec \"$@\" \"$(printf %%b '%s')\"".formatted(option)
                        : "exec \"$@\" %s \"$(printf %%b '%s')\"".formatted(option, text);
        ProcessBuilder builder = Programs.builder(EngineHost.class, "-m", "absent.gguf");
        builder.command().addAll(0, List.of("/bin/sh", "-c", script, "sh"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        Ended ended = Programs.end(builder.start());
        assertEquals(code, ended.code(), ended.err());
        assertEquals(1, ended.errLines().size(), ended.err());
        assertTrue(ended.err().contains(part), ended.err());
    }

    @Test
    void interruptedItEndsTheTextAndSaysSoWithItsExitCode() throws Exception {
        assumeTrue(Programs.canBeInterrupted(), "SIGINT is ignored here, or there is no /proc");
        Path model = RandomLlama.write(folder);
        Process host =
                Programs.start(
                        EngineHost.class, "-m", model.toString(), "-p", "a b c", "-c", "60000");
        awaitText(host);
        InterruptsTest.interrupt(host);
        Ended ended = Programs.end(host);
        assertEquals(130, ended.code(), ended.err());
        assertTrue(ended.err().contains("tokens/s"), ended.err());
    }

    @Test
    void readsThePromptFromAFileAndFromStandardInput() throws Exception {
        Path file = folder.resolve("prompt.txt");
        Files.writeString(file, "Once upon a time");
        String[] args = {"-m", DEMO, "-n", "10", "--temp", "0"};
        Ended fromFile = Programs.host(with(args, "-f", file.toString()));
        Process piped = Programs.start(EngineHost.class, args);
        try (var in = piped.getOutputStream()) {
            in.write("Once upon a time".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(fromFile.out(), Programs.end(piped).out());
        assertEquals(0, fromFile.code(), fromFile.err());
    }

    @Test
    void endsAtAReversePrompt() throws Exception {
        String model = RandomLlama.writeByte(folder, 'x').toString();
        Ended ended = Programs.host("-m", model, "-p", "a", "-n", "9", "--temp", "0", "-r", "xxxx");
        assertEquals(0, ended.code(), ended.err());
        assertEquals("", ended.out());
        assertTrue(ended.err().contains("generation: 4 tokens"), ended.err());
    }

    @Test
    void whatItSaysFitsTheTerminal() throws Exception {
        String model = RandomLlama.writeByte(folder, 'x').toString();
        ProcessBuilder builder =
                Programs.builder(EngineHost.class, "-m", model, "-p", "a", "-n", "1");
        builder.command().add(1, "-Dtwinbolt.columns=24");
        Ended ended = Programs.end(builder.start());
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.errLines().stream().allMatch(line -> line.length() < 24), ended.err());
    }

    @Test
    void listsDevicesInTheOrderOfTheSplit() throws Exception {
        try (Node node = new Node("-t", "1")) {
            Ended ended = Programs.host("--list-devices", "-t", "1", "--rpc", node.endpoint());
            assertEquals(0, ended.code(), ended.err());
            assertEquals(
                    List.of("RPC0[" + node.endpoint() + "]", "CPU", "CUDA", "METAL"),
                    ended.out().lines().map(line -> line.split(": ")[0]).toList(),
                    ended.out());
            assertTrue(ended.out().contains(", 1 thread, "), ended.out());
        }
    }

    @Test
    void saysWhenTheContextIsFull() throws Exception {
        Path model = RandomLlama.write(folder);
        Ended ended =
                Programs.host("-m", model.toString(), "-p", "a b c", "-c", "20", "--temp", "0");
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.err().contains("the context of 20 tokens is full"), ended.err());
    }

    @ParameterizedTest
    @CsvSource({"10, -1, 0", "11, -2, 0", "9, -2, 7"})
    void aPromptMayFillTheContext(int context, String n, int code) throws Exception {
        String[] args = {"-m", DEMO, "-p", "Once upon a time there was a cat", "-n", n};
        Ended ended = Programs.host(with(args, "-c", Integer.toString(context)));
        assertEquals(code, ended.code(), ended.err());
    }

    @Test
    void aPortInUseIsSaidByTheNode() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Ended ended =
                    Programs.end(Programs.start(EngineNode.class, "-H", "127.0.0.1", "-p", port));
            assertEquals(6, ended.code(), ended.err());
            assertTrue(ended.errLines().getLast().contains(port), ended.err());
        }
    }

    @Test
    void aKilledNodeEndsTheHostWithOneLine() throws Exception {
        Path model = RandomLlama.write(folder);
        try (Node node = new Node()) {
            Process host = endless(model, node);
            awaitText(host);
            node.process().destroyForcibly();
            long killed = System.nanoTime();
            Ended ended = Programs.end(host);
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - killed);
            assertEquals(4, ended.code(), ended.err());
            List<String> said =
                    ended.errLines().stream().filter(l -> l.startsWith("engine-host: ")).toList();
            assertEquals(1, said.size(), ended.err());
            assertTrue(said.getFirst().contains(node.endpoint()), ended.err());
            assertTrue(seconds < 2, "took %d s".formatted(seconds));
        }
    }

    @Test
    void theNodeOutlivesAKilledHostAndServesTheNext() throws Exception {
        Path model = RandomLlama.write(folder);
        try (Node node = new Node()) {
            Process host = endless(model, node);
            awaitText(host);
            host.destroyForcibly().waitFor();
            Ended next =
                    Programs.host(
                            "-m",
                            DEMO,
                            "-p",
                            "Once",
                            "-n",
                            "5",
                            "--rpc",
                            node.endpoint(),
                            "-ts",
                            "1,1");
            assertEquals(0, next.code(), next.err());
            assertTrue(node.process().isAlive(), node.log().toString());
            awaitLine(node, "went away");
            awaitLine(node, ": done, graphs computed: ");
        }
    }

    private static void awaitLine(Node node, String part) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (node.log().stream().filter(line -> line.contains(part)).count() != 1) {
            assertTrue(System.nanoTime() < deadline, part + ": " + node.log());
            Thread.sleep(10);
        }
    }

    private static Process endless(Path model, Node node) throws Exception {
        return Programs.start(
                EngineHost.class,
                "-m",
                model.toString(),
                "-p",
                "a b c",
                "-c",
                "60000",
                "--temp",
                "0",
                "--rpc",
                node.endpoint(),
                "-ts",
                "1,1");
    }

    @Test
    void aNodeOfAnotherProgramEndsWithItsInput() throws Exception {
        try (Node node = new Node("--until-eof")) {
            // At a terminal Ctrl-C reaches both programs, and the other one still needs its node.
            InterruptsTest.interrupt(node.process());
            assertFalse(node.process().waitFor(300, TimeUnit.MILLISECONDS), "it has ended");
            node.process().getOutputStream().close();
            assertTrue(node.process().waitFor(30, TimeUnit.SECONDS), "it goes on");
            assertEquals(0, node.process().exitValue());
        }
    }

    private static void awaitText(Process host) throws Exception {
        byte[] some = host.getInputStream().readNBytes(20);
        assertEquals(20, some.length, "the host ended before it was interrupted");
    }
}
