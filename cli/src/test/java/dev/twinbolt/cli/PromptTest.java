package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
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
}
