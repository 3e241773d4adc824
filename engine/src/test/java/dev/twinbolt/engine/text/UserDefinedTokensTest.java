package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.twinbolt.gguf.MetadataValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UserDefinedTokensTest {
    private static Vocabularies vocabulary(List<String> userDefined) {
        Vocabularies v = Vocabularies.sentencePiece("▁", "a", "b");
        userDefined.forEach(piece -> v.add(piece, Vocabularies.USER_DEFINED));
        return v;
    }

    /// Against the plain way: each token in turn, the longest first, over all text that is left.
    @Test
    void takesTheLongestFirstThenFromLeftToRight() {
        Random random = new Random(4);
        for (int i = 0; i < 3_000; i++) {
            List<String> tokens = new ArrayList<>();
            while (tokens.size() < 4) {
                String token = word(random, 2 + random.nextInt(4));
                if (!tokens.contains(token)) {
                    tokens.add(token);
                }
            }
            Vocabularies v = vocabulary(tokens);
            tokens.sort(Comparator.comparingInt(token -> -token.length()));
            String text = word(random, random.nextInt(30));
            StringBuilder expected = new StringBuilder();
            plainly(text, tokens, 0, expected);
            assertEquals(expected.toString(), split(v, text), text + " " + tokens);
        }
    }

    /// As at the start of a text.
    @Test
    void theTextAfterOneGetsASpaceBeforeIt() {
        Vocabularies v = vocabulary(List.of("[X]"));
        int space = v.id("▁");
        int a = v.id("a");
        assertArrayEquals(
                new int[] {space, a, v.id("[X]"), space, a}, v.tokenizer().encode("a[X]a", false));
    }

    private static void plainly(String text, List<String> tokens, int rank, StringBuilder out) {
        if (text.isEmpty() || rank == tokens.size()) {
            out.append(text.isEmpty() ? "" : "'" + text + "' ");
            return;
        }
        int at = text.indexOf(tokens.get(rank));
        if (at < 0) {
            plainly(text, tokens, rank + 1, out);
            return;
        }
        plainly(text.substring(0, at), tokens, rank + 1, out);
        out.append('[').append(tokens.get(rank)).append("] ");
        plainly(text.substring(at + tokens.get(rank).length()), tokens, rank, out);
    }

    private static String split(Vocabularies v, String text) {
        Vocabulary vocabulary = v.tokenizer().vocabulary();
        StringBuilder out = new StringBuilder();
        new UserDefinedTokens(vocabulary)
                .split(
                        Utf8.bytes(text),
                        new UserDefinedTokens.Fragments() {
                            @Override
                            public void text(int from, int to) {
                                out.append('\'').append(text, from, to).append("' ");
                            }

                            @Override
                            public void token(int token) {
                                out.append('[').append(vocabulary.piece(token)).append("] ");
                            }
                        });
        return out.toString();
    }

    private static String word(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(2)));
        }
        return text.toString();
    }

    @Test
    void aMegabyteOfNestedTokensTakesLittleTimeAndMemory() {
        List<String> runs = new ArrayList<>();
        for (int length = 1; length <= 200; length++) {
            runs.add("\n".repeat(length));
        }
        Vocabularies v = vocabulary(runs);
        int[] ids =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(20),
                        () -> v.tokenizer().encode("\n".repeat(1 << 20), false));
        assertEquals((1 << 20) / 200 + 1, ids.length);
        assertEquals(v.id(runs.get(199)), ids[0]);
    }

    @Test
    void aMegabyteOfOneTokenTakesLinearTime() {
        Vocabularies v = vocabulary(List.of("\n"));
        int[] ids =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(20),
                        () -> v.tokenizer().encode("\n".repeat(1 << 20), false));
        assertEquals(1 << 20, ids.length);
    }

    @Test
    void aBeginTokenThatIsTypedIsNotDoubled() {
        Vocabularies v = vocabulary(List.of("<bos>"));
        v.put("bos_token_id", MetadataValue.of(v.id("<bos>")));
        int[] typed = v.tokenizer().encode("<bos>a", true);
        assertArrayEquals(typed, v.tokenizer().encode("<bos>a", false));
        assertEquals(v.id("<bos>"), v.tokenizer().encode("a", true)[0]);
    }
}
