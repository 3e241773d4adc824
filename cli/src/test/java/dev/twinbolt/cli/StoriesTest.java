package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.cli.Programs.Node;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// A real model's greedy text, recorded, alone and over one and two nodes.
class StoriesTest {
    private static final String PROMPT = "Once upon a time";

    @Test
    void greedyTextEqualsTheRecordedOne() throws Exception {
        Path model = SharedData.require("models/stories260k-f32.gguf");
        String expected =
                Files.readString(SharedData.require("models/stories260k-greedy.txt")).strip();
        assertText(expected, run(model));
        try (Node first = new Node();
                Node second = new Node()) {
            Ended one = run(model, "--rpc", first.endpoint(), "-ts", "1,1");
            assertText(expected, one);
            assertPasses(one, first, 100);
            Ended two =
                    run(model, "--rpc", first.endpoint() + "," + second.endpoint(), "-ts", "1,1,1");
            assertText(expected, two);
            assertPasses(two, first, 100);
            assertPasses(two, second, 100);
        }
    }

    private static Ended run(Path model, String... more) throws Exception {
        String[] args = {"-m", model.toString(), "--temp", "0", "-n", "100", "-p", PROMPT};
        return Programs.host(
                java.util.stream.Stream.of(args, more)
                        .flatMap(java.util.Arrays::stream)
                        .toArray(String[]::new));
    }

    private static void assertText(String expected, Ended ended) {
        assertEquals(0, ended.code(), ended.err());
        assertEquals(expected, (PROMPT + ended.out()).strip());
    }

    private static void assertPasses(Ended ended, Node node, int passes) {
        boolean found =
                ended.errLines().stream()
                        .anyMatch(
                                l ->
                                        l.contains("[" + node.endpoint() + "], layer")
                                                && l.contains(": " + passes + " forward passes"));
        assertTrue(found, ended.err());
    }
}
