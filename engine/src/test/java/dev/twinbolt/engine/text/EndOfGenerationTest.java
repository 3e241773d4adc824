package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.twinbolt.gguf.MetadataValue;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndOfGenerationTest {
    private static Vocabularies bpe(String... special) {
        Vocabularies v = Vocabularies.byteLevel("gpt-2", "a b");
        for (String piece : special) {
            v.add(piece, Vocabularies.NORMAL);
        }
        return v;
    }

    private static boolean ends(Vocabularies v, String piece) {
        return v.tokenizer().vocabulary().isEndOfGeneration(v.id(piece));
    }

    /// Whatever its spelling.
    @ParameterizedTest
    @ValueSource(strings = {"eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"})
    void theTokenThatTheFileNamesIsOne(String name) {
        Vocabularies v = bpe();
        assertFalse(ends(v, "ab"));
        v.put(name + "_token_id", MetadataValue.of(v.id("ab")));
        assertEquals(true, ends(v, "ab"));
        assertFalse(ends(v, "a"));
    }

    /// Whatever type the file gives it.
    @ParameterizedTest
    @ValueSource(ints = {Vocabularies.NORMAL, Vocabularies.USER_DEFINED})
    void aWellKnownSpellingIsAControlTokenThatNoTextSpells(int type) {
        Vocabularies v = bpe().add("<|im_end|>", type).add("<|other|>", type);
        Tokenizer tokenizer = v.tokenizer();
        int end = v.id("<|im_end|>");
        assertEquals(TokenType.CONTROL, tokenizer.vocabulary().type(end));
        assertEquals(true, tokenizer.vocabulary().isEndOfGeneration(end));
        assertArrayEquals(new byte[0], tokenizer.bytes(end));
        int[] typed = tokenizer.encode("a<|im_end|>b", false);
        assertEquals(0, Arrays.stream(typed).filter(id -> id == end).count());
        assertEquals(12, typed.length, "a letter each");
        assertFalse(ends(v, "<|other|>"));
    }

    @Test
    void theEndOfATurnIsTheNamedOneOrTheFirstThatIsKnown() {
        Vocabularies v = bpe("<|endoftext|>", "<|im_end|>");
        assertEquals(OptionalInt.of(v.id("<|im_end|>")), v.tokenizer().vocabulary().eot());
        v.put("eot_token_id", MetadataValue.of(v.id("<|endoftext|>")));
        assertEquals(OptionalInt.of(v.id("<|endoftext|>")), v.tokenizer().vocabulary().eot());
        assertEquals(OptionalInt.empty(), bpe().tokenizer().vocabulary().eot());
    }

    @Test
    void marksInsideATurnEndNothing() {
        for (String call : List.of("<|call|>", "<|calls|>")) {
            for (String close : List.of("<|return|>", "<|flush|>")) {
                assertFalse(ends(bpe("<|end|>", call, close), "<|end|>"), call + close);
            }
            assertEquals(true, ends(bpe("<|end|>", call), "<|end|>"), call);
        }
        assertEquals(true, ends(bpe(), "</s>"));
        Vocabularies tools = bpe("<|tool_response>");
        assertFalse(ends(tools, "</s>"));
        assertEquals(true, ends(tools, "<|tool_response>"));
    }
}
