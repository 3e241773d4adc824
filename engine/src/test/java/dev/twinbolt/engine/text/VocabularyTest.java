package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.gguf.MetadataValue;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/// What a file says of its special tokens, and what holds where it says nothing.
class VocabularyTest {
    private static final int[] A = {3 + 'a'};
    private static final int[] BOS_A = {1, 3 + 'a'};

    /// Without a space before a text, whose letters are then their bytes.
    private static Vocabularies spm() {
        return Vocabularies.sentencePiece("ab").put("add_space_prefix", MetadataValue.of(false));
    }

    private static Vocabularies bpe(String pre) {
        return Vocabularies.byteLevel(pre, "a b");
    }

    @Test
    void sentencePieceHasItsDefaults() {
        Vocabulary vocabulary = spm().tokenizer().vocabulary();
        assertEquals(OptionalInt.of(1), vocabulary.bos());
        assertEquals(OptionalInt.of(2), vocabulary.eos());
        assertEquals(OptionalInt.of(0), vocabulary.unk());
        assertEquals(OptionalInt.empty(), vocabulary.eot());
        assertArrayEquals(BOS_A, spm().tokenizer().encode("a", true));
        assertArrayEquals(
                A,
                spm().put("add_bos_token", MetadataValue.of(false)).tokenizer().encode("a", true));
    }

    @Test
    void aDefaultThatTheVocabularyHasNotIsNone() {
        Tokenizer tokenizer =
                Vocabularies.sentencePiece()
                        .put("tokens", MetadataValue.of(List.of("<unk>")))
                        .put("scores", MetadataValue.of(new float[1]))
                        .put("token_type", MetadataValue.of(new int[] {2}))
                        .tokenizer();
        assertEquals(OptionalInt.empty(), tokenizer.vocabulary().bos());
        assertEquals(OptionalInt.empty(), tokenizer.vocabulary().eos());
        assertEquals(OptionalInt.of(0), tokenizer.vocabulary().unk());
        assertArrayEquals(new int[] {0, 0}, tokenizer.encode("a", true));
    }

    @Test
    void onlyTheByteLevelOfLlama3BeginsATextByItself() {
        for (String pre : List.of("llama-bpe", "gpt-2", "qwen2", "deepseek-v3")) {
            Vocabularies v = bpe(pre);
            int bos = v.id("<s>");
            Tokenizer tokenizer = v.put("bos_token_id", MetadataValue.of(bos)).tokenizer();
            int[] expected = pre.equals("llama-bpe") ? new int[] {bos, 'a'} : new int[] {'a'};
            assertArrayEquals(expected, tokenizer.encode("a", true), pre);
        }
        Vocabulary none = bpe("llama-bpe").tokenizer().vocabulary();
        assertEquals(OptionalInt.empty(), none.bos());
        assertEquals(OptionalInt.empty(), none.unk());
    }

    @Test
    void anEndThatIsAskedForComesLast() {
        Vocabularies v = spm().put("add_eos_token", MetadataValue.of(true));
        assertArrayEquals(new int[] {1, A[0], 2}, v.tokenizer().encode("a", true));
        assertArrayEquals(A, v.tokenizer().encode("a", false));
    }

    @Test
    void piecesHaveABound() {
        Vocabularies longest = spm().add("c".repeat(1024), Vocabularies.NORMAL);
        assertEquals(1024, longest.tokenizer().vocabulary().piece(260).length());
        Vocabularies longer = spm().add("c".repeat(1025), Vocabularies.NORMAL);
        assertThrows(TokenizerException.class, longer::tokenizer);
    }
}
