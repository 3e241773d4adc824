package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "\0",
                "\b",
                "\t",
                "\n",
                "\r",
                "\u001b",
                "\u007f",
                "\u0085",
                "\u009b",
                "\u200e",
                "\u2028",
                "\u2029",
                "\u202e",
                "\u2066",
                "\ufeff",
                "\ud800",
                "\udc00",
                "\udb40\udc41"
            })
    void whatControlsATerminalIsShownAsAQuestionMark(String control) {
        assertEquals("a?b", Printable.line("a" + control + "b"));
    }

    @Test
    void lettersOfAllWorldStay() {
        String text = "Zoë's 模型 \ud83d\udc2d מודל, 100 % [0m";
        assertEquals(text, Printable.line(text));
        assertEquals(text, Printable.lines(text));
    }

    @Test
    void severalLinesKeepTheirEndsAndTabs() {
        assertEquals("a\n\tb\r\nc?d??e", Printable.lines("a\n\tb\r\nc\rd\u001b\u2028e"));
        assertEquals("a?", Printable.lines("a\r"));
    }
}
