package dev.twinbolt.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
    @TempDir Path folder;

    private final TinyLlama tiny = new TinyLlama(3);

    private Model open() throws Exception {
        return tiny.model(folder);
    }

    private void assertRefused(String... parts) {
        String message = assertThrows(ModelException.class, this::open).toString();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void readsShapesFromMetadataAndSharesTheTiedEmbedding() throws Exception {
        Model model = open();
        assertEquals(3, model.architecture().layerCount());
        assertEquals(32, model.architecture().kvDimK());
        assertEquals(9, model.tensors(false, 1, 2, false).size());
        assertEquals(2, model.tensors(true, 0, 0, true).size());
        tiny.tensors.put("rope_freqs.weight", List.of(8L));
        Model factors = open();
        assertEquals(10, factors.tensors(false, 1, 2, false).size());
        assertEquals(2, factors.tensors(true, 0, 0, true).size(), "of layers alone");
    }

    @Test
    void namesAnArchitectureItDoesNotKnow() {
        tiny.metadata.put("general.architecture", MetadataValue.of("mamba"));
        assertRefused("'mamba'", "llama");
    }

    @Test
    void namesAMissingTensorAndOneOfAnotherShape() {
        tiny.tensors.remove("blk.2.ffn_up.weight");
        assertRefused("blk.2.ffn_up.weight");
        tiny.tensors.put("blk.2.ffn_up.weight", List.of(64L, 127L));
        assertRefused("blk.2.ffn_up.weight", "[64, 127, 1, 1]", "[64, 128, 1, 1]");
    }

    @Test
    void namesATensorThatNoGraphWouldRead() {
        tiny.tensors.put("blk.0.attn_q_norm.weight", List.of(16L));
        assertRefused("blk.0.attn_q_norm.weight");
    }

    @Test
    void refusesFormatsThatAreNoWeights() throws Exception {
        tiny.metadata.put("llama.feed_forward_length", MetadataValue.of(256));
        for (int i = 0; i < 3; i++) {
            tiny.tensors.put("blk." + i + ".ffn_gate.weight", List.of(64L, 256L));
            tiny.tensors.put("blk." + i + ".ffn_up.weight", List.of(64L, 256L));
            tiny.tensors.put("blk." + i + ".ffn_down.weight", List.of(256L, 64L));
        }
        String matrix = "blk.1.ffn_down.weight";
        for (TensorType type :
                List.of(TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_K)) {
            tiny.types.put(matrix, type);
            assertEquals(3, open().architecture().layerCount());
        }
        for (TensorType type :
                List.of(TensorType.I32, TensorType.F64, TensorType.Q8_1, TensorType.Q8_K)) {
            tiny.types.put(matrix, type);
            assertRefused(matrix, type.toString());
        }
        tiny.types.put(matrix, TensorType.F32);
        tiny.types.put("blk.2.attn_norm.weight", TensorType.F16);
        assertRefused("blk.2.attn_norm.weight", "F16");
    }

    @Test
    void refusesShapesThatCannotBe() {
        for (String key : List.of("head_count", "head_count_kv")) {
            MetadataValue before = tiny.metadata.put("llama.attention." + key, MetadataValue.of(3));
            assertThrows(ModelException.class, this::open, key);
            tiny.metadata.put("llama.attention." + key, MetadataValue.of(0));
            assertThrows(ModelException.class, this::open, key);
            tiny.metadata.put("llama.attention." + key, before);
        }
        for (int layers : new int[] {4097, 1 << 24}) {
            tiny.metadata.put("llama.block_count", MetadataValue.of(layers));
            assertRefused("block_count");
        }
    }

    @Test
    void refusesHeadsWhoseColumnsOverflow() {
        tiny.metadata.put("llama.attention.head_count", MetadataValue.of(32768));
        tiny.metadata.put("llama.attention.head_count_kv", MetadataValue.of(32768));
        tiny.metadata.put("llama.attention.key_length", MetadataValue.of(65536));
        assertRefused("attention.key_length is 65536");
        tiny.metadata.put("llama.attention.key_length", MetadataValue.of(16));
        tiny.metadata.put("llama.attention.value_length", MetadataValue.of(65536));
        assertRefused("attention.value_length is 65536");
    }

    @Test
    void namesARopeScalingItDoesNotKnow() {
        tiny.metadata.put("llama.rope.scaling.type", MetadataValue.of("spiral"));
        assertRefused("'spiral'");
    }
}
