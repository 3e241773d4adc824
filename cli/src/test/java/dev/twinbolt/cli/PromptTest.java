package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptTest {
    @TempDir Path folder = Path.of("");

    /// `$` is a newline, `<` a carriage return.
    @ParameterizedTest
    @CsvSource({"a,a", "a$,a", "a$$,a$", "a<$,a", "a<$<$,a<$", "$,''", "<$,''", "a<,a<", "$a,$a"})
    void oneNewlineAtTheEndIsNotPartOfIt(String written, String read) throws IOException {
        String text = written.replace('$', '\n').replace('<', '\r');
        String expected = read.replace('$', '\n').replace('<', '\r');
        Path file = Files.writeString(folder.resolve("prompt"), text);
        assertEquals(expected, Prompt.read(null, file));
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        try {
            assertEquals(expected, Prompt.read(null, null));
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void anArgumentIsTakenAsItIs() throws IOException {
        assertEquals("a\n", Prompt.read("a\n", null));
    }

    @Test
    void aFileThatIsNoTextIsRefused() throws IOException {
        Path file = folder.resolve("prompt");
        Files.write(file, new byte[] {'a', 'b', (byte) 0xC3});
        assertRefused(file, "prompt is not valid UTF-8 at byte 2");
        assertRefused(folder, "is a directory");
        assertRefused(folder.resolve("absent"), "no such readable file");
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength((64 << 20) + 1);
        }
        assertRefused(file, "prompt is longer than 67108864 bytes");
    }

    private static void assertRefused(Path file, String part) {
        UsageException e = assertThrows(UsageException.class, () -> Prompt.read(null, file));
        assertTrue(e.toString().contains(part), e.toString());
    }
}
