package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {
    /// `/` ends a line.
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "0,one two three/",
                "14,one two three/",
                "13,one two/  three/",
                "8,one two/  three/",
                "7,one/  two/  three/",
                "2,one/  two/  three/",
            })
    void linesAreFoldedBetweenWords(int columns, String folded) {
        assertEquals(lines(folded), Terminal.fold(lines("one two three/"), columns));
        String indented = "  " + folded.replace("/ ", "/   ");
        int wider = columns == 0 ? 0 : columns + 2;
        assertEquals(lines(indented), Terminal.fold(lines("  one two three/"), wider));
    }

    private static String lines(String text) {
        return text.replace("/", System.lineSeparator());
    }
}
