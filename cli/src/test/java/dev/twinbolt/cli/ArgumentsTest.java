package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

class ArgumentsTest {
    @TempDir Path folder = Path.of("");

    private static ParseResult parse(String... args) {
        return Arguments.read(new CommandLine(new HostCommand())).parseArgs(args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-hello", "--model", "-p", "-n", "--", "@FILE", "a=b", ""})
    void anOptionTakesTheNextArgumentWhateverItLooksLike(String argument) throws Exception {
        Path file = Files.writeString(folder.resolve("arguments"), "--frobnicate");
        String text = argument.replace("FILE", file.toString());
        for (ParseResult result : List.of(parse("-p", text), parse("--prompt=" + text))) {
            assertEquals(text, result.matchedOptionValue("--prompt", "none"));
        }
        assertEquals(
                Path.of(text), parse("-f", text).matchedOptionValue("--file", Path.of("none")));
        assertEquals(
                List.of(text, "b"),
                parse("-r", text, "-r", "b").matchedOptionValue("-r", List.of()));
    }

    @Test
    void theLastOfAnOptionGivenTwiceCountsWithoutAWarning() {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            ParseResult result =
                    parse("-n", "1", "-v", "--predict", "2", "-v", "-t", "1", "-t", "-1");
            assertEquals(2, result.matchedOptionValue("-n", 0));
            assertEquals(-1, result.matchedOptionValue("-t", 0));
        } finally {
            System.setErr(before);
        }
        assertEquals("", said.toString(StandardCharsets.UTF_8));
    }

    @Test
    void anOptionWithoutAnArgumentIsRefused() {
        assertThrows(ParameterException.class, () -> parse("-p"));
        assertThrows(ParameterException.class, () -> parse("-n", "-p"));
        assertThrows(ParameterException.class, () -> parse("-m", "a", "--"));
    }
}
