package dev.twinbolt.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
    @TempDir Path folder;

    private final TinyLlama tiny = new TinyLlama(3);

    private Model open() throws Exception {
        try (GgufFile file = GgufFile.openHeader(tiny.write(folder))) {
            return Model.of(file);
        }
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
    void attentionIsScaledByTheFilesFactorOrByTheColumnsOfItsKeys() {
        tiny.metadata.put("llama.attention.key_length", MetadataValue.of(16));
        tiny.metadata.put("llama.attention.value_length", MetadataValue.of(64));
        assertEquals(0.25f, attentionScale());
        tiny.metadata.put("llama.attention.scale", MetadataValue.of(0.75f));
        assertEquals(0.75f, attentionScale());
    }

    /// What the graph of a layer multiplies the products of queries and keys by.
    private float attentionScale() {
        for (Tensor node : layer(false).nodes()) {
            if (node.op() instanceof Op.FlashAttnExt(float scale, _, _)) {
                return scale;
            }
        }
        throw new AssertionError("the layer has no attention");
    }

    @Test
    void addsTheBiasesThatThereAre() {
        Set<String> added = new HashSet<>();
        for (Tensor node : layer(true).nodes()) {
            if (node.op() instanceof Op.Add && node.source(1).name().endsWith(".bias")) {
                Tensor product = node.source(0).source(0); // and its scale
                assertInstanceOf(Op.MulMat.class, product.op());
                assertEquals(
                        node.source(1).name().replace(".bias", ".weight"),
                        product.source(0).name());
                added.add(node.source(1).name());
            }
        }
        Set<String> biases = new HashSet<>();
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            biases.add("blk.0." + name + ".bias");
        }
        for (String name : List.of("ffn_gate", "ffn_up", "ffn_down")) {
            biases.add("blk.0." + name + ".bias");
        }
        assertEquals(biases, added);
    }

    /// The graph of the first layer for a token, with the weights that may be there or without.
    private Graph layer(boolean hasOptional) {
        Architecture llama = Architecture.of(new Metadata(tiny.metadata));
        Map<String, Tensor> weights = new HashMap<>();
        for (WeightSpec spec : llama.layerWeights(0)) {
            if (hasOptional || !spec.isOptional()) {
                weights.put(spec.name(), Tensor.leaf(spec.name(), TensorType.F32, spec.shape()));
            }
        }
        GraphBuilder g = new GraphBuilder();
        Tensor x = g.input("x", TensorType.F32, Shape.of(llama.dim()));
        AttentionInputs inputs =
                new AttentionInputs(
                        g.input("positions", TensorType.I32, Shape.of(1)),
                        g.input("kv_rows", TensorType.I64, Shape.of(1)),
                        g.input("mask", TensorType.F16, Shape.of(8)),
                        new KvWindow(0, 1, 8, 8));
        LayerCache cache =
                new LayerCache(
                        g.input("k", TensorType.F16, Shape.of(llama.kvDimK(), 8)),
                        g.input("v", TensorType.F16, Shape.of(llama.kvDimV(), 8)));
        llama.layer(g, new Weights(weights), 0, x, inputs, cache);
        return g.build();
    }

    @Test
    void namesARopeScalingItDoesNotKnow() {
        tiny.metadata.put("llama.rope.scaling.type", MetadataValue.of("spiral"));
        assertRefused("'spiral'");
    }
}
