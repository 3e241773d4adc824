package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineBenchTest {
    @TempDir Path folder = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String arguments) {
        return run(
                Arrays.stream(arguments.split(" "))
                        .filter(a -> !a.isEmpty())
                        .toArray(String[]::new));
    }

    private int run(String[] arguments) {
        return EngineBench.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private Path tiny() {
        return tiny(1);
    }

    private Path tiny(int layers) {
        Path file = folder.resolve("tiny.gguf");
        assertEquals(0, run("make --layers " + layers + " -o " + file), err::toString);
        return file;
    }

    @Test
    void everyCombinationIsATest() {
        assertEquals(
                0,
                run("-m " + tiny() + " -p 4,9 -n 2 -pg 3,1 -d 0,5 -t 1-2 -ub 4 -r 2 -o json"),
                err::toString);
        List<String> tests =
                JsonParser.parseString(out.toString()).getAsJsonArray().asList().stream()
                        .map(EngineBenchTest::describe)
                        .toList();
        assertEquals(
                List.of(
                        "1: 4+0@0",
                        "1: 9+0@0",
                        "1: 0+2@0",
                        "1: 3+1@0",
                        "1: 4+0@5",
                        "1: 9+0@5",
                        "1: 0+2@5",
                        "1: 3+1@5",
                        "2: 4+0@0",
                        "2: 9+0@0",
                        "2: 0+2@0",
                        "2: 3+1@0",
                        "2: 4+0@5",
                        "2: 9+0@5",
                        "2: 0+2@5",
                        "2: 3+1@5"),
                tests);
    }

    @Test
    void cacheTypesAreListsAndAreTold() {
        assertEquals(
                0,
                run("-m " + tiny() + " -p 4 -n 0 -t 1 -r 1 -ctk f16,q8_0 -ctv q8_0,f16 -o jsonl"),
                err::toString);
        List<String> types =
                out.toString()
                        .lines()
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .map(
                                o ->
                                        o.get("type_k").getAsString()
                                                + " "
                                                + o.get("type_v").getAsString())
                        .toList();
        assertEquals(List.of("f16 q8_0", "f16 f16", "q8_0 q8_0", "q8_0 f16"), types);
    }

    private static String describe(JsonElement test) {
        var object = test.getAsJsonObject();
        assertEquals(2, object.get("samples_ns").getAsJsonArray().size());
        assertTrue(object.get("avg_ts").getAsDouble() > 0);
        return "%s: %s+%s@%s"
                .formatted(
                        object.get("n_threads"),
                        object.get("n_prompt"),
                        object.get("n_gen"),
                        object.get("n_depth"));
    }

    @Test
    void nodesAndLinksAreStartedForATest() {
        String[] arguments = {
            "-m",
            tiny(2).toString(),
            "-p",
            "4",
            "-n",
            "2",
            "-r",
            "1",
            "-t",
            "1",
            "-ts",
            "1/1",
            "--nodes",
            "1",
            "--link",
            "none",
            "--link",
            "40ms, 1Gbit",
            "-o",
            "json"
        };
        assertEquals(0, run(arguments), err::toString);
        assertTrue(err.toString().contains("engine-bench: nodes to start: 1"), err::toString);
        List<JsonObject> tests =
                JsonParser.parseString(out.toString()).getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsJsonObject)
                        .toList();
        assertEquals(
                List.of("none", "none", "40ms, 1Gbit", "40ms, 1Gbit"),
                tests.stream().map(test -> test.get("link").getAsString()).toList());
        for (JsonObject test : tests) {
            assertEquals("RPC", test.get("backends").getAsString());
            assertEquals(1, test.get("n_nodes").getAsInt());
            assertEquals(1, test.get("n_node_threads").getAsInt());
        }
        double tokensPerSecond = tests.get(3).get("avg_ts").getAsDouble();
        assertTrue(tokensPerSecond < 1 / 0.040, tests.get(3)::toString);
    }

    @Test
    void aTableOfTheDefaultFormatDescribesTheModel() {
        assertEquals(0, run("-m " + tiny() + " -p 4 -n 0 -r 1 --no-warmup"), err::toString);
        String row = out.toString().lines().toList().get(2);
        assertTrue(row.startsWith("| llama ?B Q8_0 "), row);
        assertTrue(row.contains("|             pp4 |"), row);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | 2 | no model: type engine-bench -m FILE.gguf",
                "-m none.gguf | 3 | none.gguf",
                "-m FOLDER/broken.gguf | 3 | broken.gguf",
                "-m a.gguf -p x | 2 | -p x: expected numbers from 0 on",
                "-m a.gguf -t 0 | 2 | -t 0: expected numbers from 1 on",
                "-m a.gguf -t 1,513 | 2 | -t 513: expected 1 to 512 threads",
                "limits -t 513 | 2 | -t 513: expected 1 to 512 threads",
                "-m @absent.txt | 3 | @absent.txt",
                "-m a.gguf -r 0 -r 1 -p -n | 2 | -p -n: expected numbers from 0 on",
                "-m a.gguf -pg 5 | 2 | -pg 5: expected two numbers",
                "-m a.gguf -p 0 -n 0 | 2 | -p 0 -n 0 leaves nothing to measure",
                "-m a.gguf -r 0 | 2 | -r 0: expected 1 or more",
                "-m a.gguf -ctk q5_1 | 2 | -ctk q5_1: expected one of f16, q8_0",
                "-m a.gguf -ctv f16,x | 2 | -ctv x: expected one of f16, q8_0",
                "-m a.gguf -ts 1/x | 2 | -ts 1/x: expected shares",
                "-m a.gguf --nodes 1 --node-threads 513 | 2 | --node-threads 513: expected 1 to 512 threads",
                "-m a.gguf --nodes 1 --link 1ms,10Gb | 2 | --link 1ms,10Gb: '10Gb' is not",
                "-m a.gguf --link 1ms,10Gbit | 2 | --link 1ms,10Gbit: there is no node behind it",
                "-m a.gguf --nodes 1,65 | 2 | --nodes 65: expected 0 to 64",
                "-m FOLDER/tiny.gguf --rpc , | 2 | expected host:port",
                "-m a.gguf -ctk , | 2 | -ctk : expected one of f16, q8_0",
                "link --to localhost --link 1ms,1Gbit -H= | 2 | -H '': expected an address",
                "link --to localhost --link 1ms,1Gbit | 2 | expected host:port",
                "link --to a:1 --link 1ms | 2 | --link 1ms: expected a form such as",
                "link --to a:1 --link 1ms,1Gbit -p 70000 | 2 | -p 70000: expected a port",
                "link --to a:1 --link 1ms,1Gbit --jitter 1 | 2 | --jitter 1: '1' is not a time",
                "link --to a:1 --link 1ms,1Gbit --stall 50ms | 2 | --stall 50ms: expected a form",
                "link --to a:1 --link 1ms,1Gbit -H 192.0.2.1 | 6 | cannot listen on 192.0.2.1:0",
                "-m a.gguf -o xml | 2 | Invalid value for option '--output'",
                "-m a.gguf --poll 50 | 2 | Unknown option",
                "-m FOLDER/tiny.gguf -ts 1/1 | 2 | tensor split has 2 shares",
                "-m FOLDER/tiny.gguf --rpc localhost:1 | 4 | no node answers at localhost:1"
            })
    void aFailureIsOneLineAndACode(String arguments, int code, String said) throws IOException {
        Files.write(folder.resolve("broken.gguf"), Arrays.copyOf(Files.readAllBytes(tiny()), 5000));
        err.getBuffer().setLength(0);
        assertEquals(code, run(arguments.replace("FOLDER", folder.toString())), err::toString);
        String text = err.toString();
        assertEquals(1, text.lines().count(), text);
        assertTrue(text.startsWith("engine-bench"), text);
        assertTrue(text.contains(said), text);
        assertEquals("", out.toString());
    }
}
