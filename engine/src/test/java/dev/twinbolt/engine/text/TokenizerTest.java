package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.GgufException;
import dev.twinbolt.gguf.MetadataValue;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
    private static Vocabularies spm() {
        return Vocabularies.sentencePiece("▁", "a", "b", "ab", "▁a", "▁ab", "▁▁")
                .put("bos_token_id", MetadataValue.of(1))
                .put("eos_token_id", MetadataValue.of(2));
    }

    private static Vocabularies bpe(String pre) {
        return Vocabularies.byteLevel(
                pre, "h e", "l l", "he ll", "hell o", "Ġ hello", "1 2", "12 3");
    }

    private static String decode(Tokenizer tokenizer, int... ids) {
        Detokenizer detokenizer = new Detokenizer(tokenizer);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.accept(id));
        }
        return text + detokenizer.finish();
    }

    @Test
    void sentencePieceMergesTheBestScoreFirst() {
        Vocabularies v = spm();
        Tokenizer tokenizer = v.tokenizer();
        // "ab" (score above "▁a") merges first, then "▁" and "ab".
        assertArrayEquals(new int[] {1, v.id("▁ab")}, tokenizer.encode("ab", true));
        assertArrayEquals(new int[] {v.id("▁ab"), v.id("▁ab")}, tokenizer.encode("ab ab", false));
        assertArrayEquals(
                new int[] {v.id("▁"), v.id("<0xC3>"), v.id("<0xA9>")},
                tokenizer.encode("é", false));
        assertArrayEquals(new int[0], tokenizer.encode("", false));
    }

    @Test
    void byteLevelMergesByRankInsideWords() {
        Vocabularies v = bpe("llama-bpe");
        Tokenizer tokenizer = v.tokenizer();
        assertArrayEquals(
                new int[] {v.id("hello"), v.id("Ġhello")}, tokenizer.encode("hello hello", false));
        assertArrayEquals(new int[] {v.id("123"), v.id("12")}, tokenizer.encode("12312", false));
        v = bpe("qwen2");
        assertArrayEquals(
                new int[] {v.id("1"), v.id("2"), v.id("3")}, v.tokenizer().encode("123", false));
        v = bpe("deepseek-v3");
        assertArrayEquals(
                new int[] {v.id("123"), v.id("12")}, v.tokenizer().encode("12312", false));
    }

    @Test
    void beginAndEndAreNeverDoubled() {
        Tokenizer tokenizer =
                spm().add("<s>s", Vocabularies.USER_DEFINED)
                        .put("add_eos_token", MetadataValue.of(true))
                        .tokenizer();
        int[] ids = tokenizer.encode("a", true);
        assertEquals(1, ids[0]);
        assertEquals(2, ids[ids.length - 1]);
        assertEquals(3, ids.length);
        assertArrayEquals(new int[] {1, 2}, tokenizer.encode("", true));
        assertArrayEquals(ids, tokenizer.vocabulary().withSpecials(ids));
    }

    @Test
    void specialTokensInATextStayText() {
        Vocabularies v = spm();
        for (int id : v.tokenizer().encode("<s>a</s>", false)) {
            assertTrue(id > 2, "control token " + id);
        }
        assertEquals(" <s>a</s>", decode(v.tokenizer(), v.tokenizer().encode("<s>a</s>", false)));
    }

    @Test
    void severalTokensEndAGeneration() {
        Vocabularies v =
                bpe("llama-bpe")
                        .add("<|eot_id|>", Vocabularies.CONTROL)
                        .add("<|end_of_text|>", Vocabularies.CONTROL)
                        .add("<|eom_id|>", Vocabularies.CONTROL);
        v.put("eos_token_id", MetadataValue.of(v.id("<|end_of_text|>")));
        v.put("bos_token_id", MetadataValue.of(v.id("<s>")));
        Vocabulary vocabulary = v.tokenizer().vocabulary();
        for (String end : List.of("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>")) {
            assertTrue(vocabulary.isEndOfGeneration(v.id(end)), end);
        }
        assertFalse(vocabulary.isEndOfGeneration(v.id("hello")));
        assertFalse(vocabulary.isEndOfGeneration(v.id("<s>")));
    }

    /// `<|end|>` ends a message inside a turn only where both calls and ends of turns have tokens.
    @Test
    void anEndOfAMessageEndsAGenerationUnlessTurnsHaveAnEndOfTheirOwn() {
        for (String others : List.of("", "<|call|>", "<|return|>", "<|call|> <|return|>")) {
            Vocabularies v = bpe("gpt-2").add("<|end|>", Vocabularies.CONTROL);
            for (String other : others.split(" ")) {
                if (!other.isEmpty()) {
                    v.add(other, Vocabularies.CONTROL);
                }
            }
            assertEquals(
                    !others.contains(" "),
                    v.tokenizer().vocabulary().isEndOfGeneration(v.id("<|end|>")),
                    others);
        }
    }

    @Test
    void streamingNeverEmitsHalfACharacter() {
        Tokenizer tokenizer = bpe("gpt-2").tokenizer();
        String text = "aé日🦉z👨\u200d👩";
        Detokenizer detokenizer = new Detokenizer(tokenizer);
        StringBuilder out = new StringBuilder();
        for (int id : tokenizer.encode(text, false)) {
            String piece = detokenizer.accept(id);
            assertFalse(piece.contains("\uFFFD"), out + "|" + piece);
            assertTrue(
                    piece.isEmpty()
                            || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)));
            out.append(piece);
        }
        assertEquals(text, out + detokenizer.finish());
        int first = tokenizer.encode("é", false)[0];
        assertEquals("\uFFFD", decode(tokenizer, first));
        assertEquals("\uFFFDa", decode(tokenizer, first, tokenizer.encode("a", false)[0]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "llama-bpe", "qwen2", "deepseek-v3", "deepseek-llm", "spm"})
    void whatIsEncodedIsDecodedAgain(String kind) {
        Tokenizer tokenizer = kind.equals("spm") ? spm().tokenizer() : bpe(kind).tokenizer();
        Random random = new Random(8);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(30); n > 0; n--) {
                int c = random.nextInt(4) == 0 ? random.nextInt(0x30000) : 32 + random.nextInt(95);
                text.appendCodePoint(c >= 0xD800 && c < 0xE000 || c == 0x2581 ? 'x' : c);
            }
            String decoded = decode(tokenizer, tokenizer.encode(text.toString(), false));
            String prefix = kind.equals("spm") && !text.isEmpty() ? " " : "";
            assertEquals(prefix + text, decoded);
        }
    }

    @Test
    void longTextsTakeNoQuadraticTime() {
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> {
                    for (String unit : List.of("a", " ", "ab ", "1", "🦉", "\n")) {
                        String text = unit.repeat((1 << 19) / unit.length());
                        assertTrue(spm().tokenizer().encode(text, true).length > 1000);
                        for (String pre :
                                List.of("gpt-2", "llama-bpe", "deepseek-v3", "deepseek-llm")) {
                            assertTrue(bpe(pre).tokenizer().encode(text, false).length > 1000);
                        }
                    }
                });
    }

    @Test
    void damagedVocabulariesAreRefused() {
        assertRefused("rwkv", Vocabularies.sentencePiece().put("model", MetadataValue.of("rwkv")));
        assertRefused("no-such-pre", bpe("no-such-pre"));
        assertRefused("99999", spm().put("bos_token_id", MetadataValue.of(99_999)));
        assertRefused("scores has 2", spm().put("scores", MetadataValue.of(1f, 2f)));
        assertRefused("NaN", spm().put("scores", MetadataValue.of(nans(266))));
        assertRefused("token_type has 1", spm().put("token_type", MetadataValue.of(new int[] {1})));
        assertRefused("both 'ab'", spm().add("ab", Vocabularies.NORMAL));
        assertRefused("empty", spm().put("tokens", MetadataValue.of(List.<String>of())));
        assertRefused("merges", bpe("gpt-2").put("merges", MetadataValue.of(List.of("nospace"))));
        assertThrows(
                GgufException.class,
                () -> spm().put("tokens", MetadataValue.of("not a list")).tokenizer());
    }

    private static float[] nans(int count) {
        float[] values = new float[count];
        java.util.Arrays.fill(values, Float.NaN);
        return values;
    }

    private static void assertRefused(String part, Vocabularies vocabularies) {
        String message = assertThrows(TokenizerException.class, vocabularies::tokenizer).toString();
        assertTrue(message.contains(part), message);
    }
}
