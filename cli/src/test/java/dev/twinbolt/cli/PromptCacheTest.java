package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.cli.Programs.Node;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `engine-host --prompt-cache` as its users meet it.
class PromptCacheTest {
    private static final String DEMO =
            SharedData.root().resolve("demo/twinbolt-demo.gguf").toString();

    @TempDir Path folder;

    private static Ended tell(String prompt, int tokens, String... more) throws Exception {
        String[] args = {
            "-m", DEMO, "-p", prompt, "-n", Integer.toString(tokens), "--temp", "0", "-t", "1"
        };
        Ended ended =
                Programs.host(Stream.of(args, more).flatMap(Arrays::stream).toArray(String[]::new));
        assertEquals(0, ended.code(), ended.err());
        return ended;
    }

    @Test
    void aTextGoesOnWhereItEnded() throws Exception {
        String cache = Files.createFile(folder.resolve("cache")).toString(); // as mktemp does
        String whole = tell("Once upon a time", 20).out();
        Ended first = tell("Once upon a time", 12, "--prompt-cache", cache);
        assertFalse(first.err().contains("prompt cache"), first.err());
        Ended second;
        try (Node node = new Node()) {
            String[] split = {"--rpc", node.endpoint(), "-ts", "1,1", "--prompt-cache", cache};
            second = tell("", 8, split);
        }
        assertEquals(whole, first.out() + second.out());
        assertTrue(second.err().contains("prompt: 1 token,"), second.err());
        // A text that shares all, or a beginning.
        Ended third = tell("Once upon a time" + whole, 5, "--prompt-cache", cache);
        assertEquals(tell("Once upon a time" + whole, 5).out(), third.out());
        assertTrue(third.err().contains("prompt: 1 token,"), third.err());
        Ended fourth = tell("Once upon a hill", 5, "--prompt-cache", cache);
        assertEquals(tell("Once upon a hill", 5).out(), fourth.out());
        assertTrue(fourth.err().matches("(?s).*prompt cache: 4 of \\d+ tokens.*"), fourth.err());
    }

    @Test
    void aFileThatIsNotForItEndsTheProgramBeforeAnythingIsLoaded() throws Exception {
        Path cache = folder.resolve("cache");
        tell("Once upon a time", 3, "--prompt-cache", cache.toString());
        byte[] bytes = Files.readAllBytes(cache);
        String other = RandomLlama.write(folder).toString();
        assertRefused(10, "with another model", "-m", other, "--prompt-cache", cache.toString());
        Files.write(cache, Arrays.copyOf(bytes, bytes.length - 1));
        assertRefused(10, "is damaged", "-m", DEMO, "--prompt-cache", cache.toString());
        assertEquals(bytes.length - 1, Files.size(cache));
        assertRefused(2, "expected a file", "-m", DEMO, "--prompt-cache", folder.toString());
        String absent = folder.resolve("absent/cache").toString();
        assertRefused(2, "no such folder", "-m", DEMO, "--prompt-cache", absent);
    }

    private static void assertRefused(int code, String part, String... args) throws Exception {
        Ended ended =
                Programs.host(
                        Stream.of(args, new String[] {"-p", "a"})
                                .flatMap(Arrays::stream)
                                .toArray(String[]::new));
        assertEquals(code, ended.code(), ended.err());
        assertEquals(List.of(), ended.out().lines().toList());
        assertEquals(1, ended.errLines().size(), ended.err());
        assertTrue(ended.err().contains(part), ended.err());
    }
}
