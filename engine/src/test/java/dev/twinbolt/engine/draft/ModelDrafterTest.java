package dev.twinbolt.engine.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.engine.text.Tokenizer;
import dev.twinbolt.engine.text.Vocabulary;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelDrafterTest {
    private static Vocabulary vocabulary(String... pieces) {
        return Tokenizer.of(
                        new Metadata(
                                Map.of(
                                        "tokenizer.ggml.model",
                                        MetadataValue.of("llama"),
                                        "tokenizer.ggml.tokens",
                                        MetadataValue.of(List.of(pieces)),
                                        "tokenizer.ggml.scores",
                                        MetadataValue.of(new float[pieces.length]))))
                .vocabulary();
    }

    private static void assertRefused(String why, Vocabulary draft, Vocabulary model) {
        ModelException e =
                assertThrows(
                        ModelException.class, () -> ModelDrafter.checkSameTokens(draft, model));
        assertEquals("the draft model has another vocabulary: " + why, e.getMessage());
    }

    @Test
    void theDraftModelHasTheTokensOfTheModelAndNoMoreOrFewer() {
        Vocabulary two = vocabulary("a", "b");
        Vocabulary three = vocabulary("a", "b", "c");
        ModelDrafter.checkSameTokens(three, vocabulary("a", "b", "c"));
        assertRefused("it has 2 tokens, the model has 3", two, three);
        assertRefused("it has 3 tokens, the model has 2", three, two);
        assertRefused("its token 1 is 'b', the model's is 'x'", three, vocabulary("a", "x", "c"));
    }
}
