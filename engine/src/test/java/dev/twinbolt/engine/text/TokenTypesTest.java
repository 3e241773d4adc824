package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.gguf.MetadataValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which tokens a text may become, and what each writes.
class TokenTypesTest {
    private static final int UNKNOWN = 2;
    private static final int UNUSED = 5;

    /// Without a space before a text.
    private static Vocabularies spm(String... pieces) {
        return Vocabularies.sentencePiece(pieces).put("add_space_prefix", MetadataValue.of(false));
    }

    private static String written(Tokenizer tokenizer, int token) {
        return new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
    }

    @Test
    void marksAreOfProgramsAlone() {
        for (int type : new int[] {UNKNOWN, Vocabularies.CONTROL}) {
            Vocabularies v = spm("b").add("c", type);
            assertArrayEquals(
                    new int[] {v.id("b"), v.id("<0x63>")}, v.tokenizer().encode("bc", false));
            assertEquals("", written(v.tokenizer(), v.id("c")));
        }
        Vocabularies unused = spm().add("c", UNUSED);
        assertArrayEquals(new int[] {unused.id("c")}, unused.tokenizer().encode("c", false));
        assertEquals("", written(unused.tokenizer(), unused.id("c")));
    }

    /// Though each step to the whole of it is a token.
    @Test
    void noTextSpellsARawByte() {
        Vocabularies v = spm("<0", "<0x", "<0x4", "<0x41", ">");
        assertArrayEquals(
                new int[] {v.id("<0x41"), v.id(">")}, v.tokenizer().encode("<0x41>", false));
        assertEquals("A", written(v.tokenizer(), v.id("<0x41>")));
        Vocabularies bpe = Vocabularies.byteLevel("gpt-2").add("<0xE9>", Vocabularies.BYTE);
        assertArrayEquals(new byte[] {(byte) 0xE9}, bpe.tokenizer().bytes(bpe.id("<0xE9>")));
    }

    /// A normal token's spelling stands for other bytes.
    @Test
    void aUserDefinedTokenIsWrittenAsItIsSpelled() {
        Vocabularies spm = spm("▁a").add("▁b", Vocabularies.USER_DEFINED);
        assertEquals(" a", written(spm.tokenizer(), spm.id("▁a")));
        assertEquals("▁b", written(spm.tokenizer(), spm.id("▁b")));
        Vocabularies bpe =
                Vocabularies.byteLevel("gpt-2", "Ġ a").add("Ġé", Vocabularies.USER_DEFINED);
        assertEquals(" a", written(bpe.tokenizer(), bpe.id("Ġa")));
        assertEquals("Ġé", written(bpe.tokenizer(), bpe.id("Ġé")));
    }

    @Test
    void halfASurrogatePairIsTheReplacementCharacter() {
        Vocabularies v = spm("\uFFFD", "a");
        assertArrayEquals(
                new int[] {v.id("a"), v.id("\uFFFD"), v.id("a")},
                v.tokenizer().encode("a\uD83Ea", false));
    }

    private static Vocabularies of(Vocabularies v, List<String> tokens) {
        return v.put("tokens", MetadataValue.of(tokens))
                .put("scores", MetadataValue.of(new float[tokens.size()]))
                .put(
                        "token_type",
                        MetadataValue.of(tokens.stream().mapToInt(TokenTypesTest::type).toArray()));
    }

    private static int type(String token) {
        return token.startsWith("<0x") ? Vocabularies.BYTE : Vocabularies.NORMAL;
    }

    /// A whole character is one unknown token, also where some of its bytes are tokens.
    @Test
    void whatHasNoTokenIsTheUnknownOneOrNothing() {
        List<String> pieces = List.of("<unk>", "<s>", "</s>", "a", "<0xC3>", "<0x62>");
        assertArrayEquals(
                new int[] {3, 0, 5, 3}, of(spm(), pieces).tokenizer().encode("aéba", false));
        Vocabularies bpe = of(Vocabularies.byteLevel("gpt-2"), List.of("<unk>", "a"));
        assertArrayEquals(new int[] {1, 1}, bpe.tokenizer().encode("aéa", false));
        bpe.put("unknown_token_id", MetadataValue.of(0));
        assertArrayEquals(new int[] {1, 0, 0, 1}, bpe.tokenizer().encode("aéa", false));
    }

    /// Scores are below 0, 0 of both signs, and above it.
    @Test
    void theGreatestScoreMergesFirstAndTheLeftmostOfEquals() {
        assertEquals(List.of("a", "bc"), merged(0.5f, 1.5f));
        assertEquals(List.of("a", "bc"), merged(-0.5f, 0.5f));
        assertEquals(List.of("a", "bc"), merged(-1.5f, -0.5f));
        assertEquals(List.of("ab", "c"), merged(1.5f, 0.5f));
        assertEquals(List.of("ab", "c"), merged(-0f, 0f));
        assertEquals(List.of("ab", "c"), merged(Float.MIN_VALUE, 0f));
    }

    private static List<String> merged(float ab, float bc) {
        List<String> tokens = List.of("<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc");
        Tokenizer tokenizer =
                of(spm(), tokens)
                        .put("scores", MetadataValue.of(0, 0, 0, 0, 0f, 0, ab, bc))
                        .tokenizer();
        return Arrays.stream(tokenizer.encode("abc", false)).mapToObj(tokens::get).toList();
    }
}
