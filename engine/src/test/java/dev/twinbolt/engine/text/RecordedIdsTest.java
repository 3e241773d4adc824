package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Small vocabularies of our own against the ids that llama.cpp gives for the same texts.
class RecordedIdsTest {
    private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-f]{4})");

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "qwen2", "deepseek-v3", "sentencepiece"})
    void givesTheIdsOfLlamaCpp(String name) throws IOException {
        Tokenizer tokenizer =
                name.equals("sentencepiece") ? sentencePiece() : byteLevel(name).tokenizer();
        List<String> texts = lines("texts.txt").stream().map(RecordedIdsTest::unescape).toList();
        List<String> recorded = lines(name + ".ids");
        assertEquals(texts.size(), recorded.size());
        for (int i = 0; i < texts.size(); i++) {
            int[] expected =
                    Arrays.stream(recorded.get(i).split(" "))
                            .filter(id -> !id.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray();
            assertArrayEquals(
                    expected, tokenizer.encode(texts.get(i), false), lines("texts.txt").get(i));
        }
    }

    /// The words are tokens that no merge leads to.
    private static Vocabularies byteLevel(String pre) throws IOException {
        Vocabularies v =
                Vocabularies.byteLevel(pre, lines("byte-level.merges").toArray(new String[0]));
        lines("byte-level.words").forEach(word -> v.add(word, Vocabularies.NORMAL));
        return v;
    }

    private static Tokenizer sentencePiece() throws IOException {
        return Vocabularies.sentencePiece(
                        lines("sentencepiece.pieces").stream()
                                .map(piece -> piece.replace("\\n", "\n"))
                                .toArray(String[]::new))
                .tokenizer();
    }

    private static List<String> lines(String name) throws IOException {
        try (InputStream in = RecordedIdsTest.class.getResourceAsStream(name)) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return List.of(text.substring(0, text.length() - 1).split("\r?\n", -1));
        }
    }

    private static String unescape(String line) {
        return ESCAPE.matcher(line)
                .replaceAll(
                        match ->
                                Matcher.quoteReplacement(
                                        Character.toString(Integer.parseInt(match.group(1), 16))));
    }
}
