package dev.twinbolt.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class LlamaTest {
    private final TinyLlama tiny = new TinyLlama(1);

    private Architecture llama() {
        return Architecture.of(new Metadata(tiny.metadata));
    }

    private void put(String key, MetadataValue value) {
        tiny.metadata.put("llama." + key, value);
    }

    private void assertRefused(String key, MetadataValue value) {
        MetadataValue before = tiny.metadata.get("llama." + key);
        put(key, value);
        String message =
                assertThrows(ModelException.class, this::llama, () -> key + value).toString();
        assertTrue(message.contains(key), message);
        tiny.metadata.remove("llama." + key);
        if (before != null) {
            put(key, before);
        }
    }

    /// Heads have 16 columns.
    @Test
    void refusesNumbersThatNoModelHas() {
        for (int dims : new int[] {0, 7, 18}) {
            assertRefused("rope.dimension_count", MetadataValue.of(dims));
        }
        for (float base : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertRefused("rope.freq_base", MetadataValue.of(base));
        }
        for (float epsilon : new float[] {-1e-6f, 1, Float.NaN}) {
            assertRefused("attention.layer_norm_rms_epsilon", MetadataValue.of(epsilon));
        }
        for (String key : List.of("attention.key_length", "attention.value_length")) {
            assertRefused(key, MetadataValue.of(0));
        }
        for (String key : List.of("embedding_length", "feed_forward_length", "context_length")) {
            assertRefused(key, MetadataValue.of(0));
            assertRefused(key, MetadataValue.of((1 << 24) + 1));
        }
        for (int kvHeads : new int[] {0, 3, 8}) {
            assertRefused("attention.head_count_kv", MetadataValue.of(kvHeads));
        }
        assertRefused("expert_count", MetadataValue.of(8));
        put("rope.dimension_count", MetadataValue.of(16));
        put("attention.layer_norm_rms_epsilon", MetadataValue.of(0f));
        put("expert_count", MetadataValue.of(0));
        assertEquals(16, llama().headDimK());
    }

    @Test
    void theVocabularyIsAsLargeAsTheTokenizersWhereNothingElseIsSaid() {
        tiny.metadata.put("tokenizer.ggml.tokens", MetadataValue.of(List.of("a", "b", "c")));
        assertEquals(100, llama().vocabSize());
        tiny.metadata.remove("llama.vocab_size");
        assertEquals(3, llama().vocabSize());
    }

    private static Map<String, Tensor> weights(List<WeightSpec> specs) {
        Map<String, Tensor> weights = new HashMap<>();
        for (WeightSpec spec : specs) {
            weights.put(spec.name(), Tensor.leaf(spec.name(), TensorType.F32, spec.shape()));
        }
        return weights;
    }

    @Test
    void queriesAndKeysAreTurnedAsTheFileSays() {
        put("rope.dimension_count", MetadataValue.of(8));
        put("rope.freq_base", MetadataValue.of(5e5f));
        put("rope.scaling.type", MetadataValue.of("yarn"));
        put("rope.scaling.factor", MetadataValue.of(4f));
        put("rope.scaling.attn_factor", MetadataValue.of(0.5f));
        put("rope.scaling.original_context_length", MetadataValue.of(512));
        Graph graph = layer(_ -> true);
        Op.Rope expected = new Op.Rope(8, RopeMode.NORMAL, 512, 5e5f, 0.25f, 1, 0.5f, 32, 1, 0);
        List<String> turned = new ArrayList<>();
        for (Tensor node : graph.nodes()) {
            if (node.op() instanceof Op.Rope rope) {
                assertEquals(expected, rope);
                assertEquals("positions", node.source(1).name());
                assertEquals("rope_freqs.weight", node.source(2).name());
                turned.add(node.name());
            }
        }
        assertEquals(List.of("q_rope-0", "k_rope-0"), turned);
    }

    @Test
    void attentionIsScaledByTheFilesFactorOrByTheColumnsOfItsKeys() {
        put("attention.key_length", MetadataValue.of(16));
        put("attention.value_length", MetadataValue.of(64));
        assertEquals(0.25f, attentionScale());
        put("attention.scale", MetadataValue.of(0.75f));
        assertEquals(0.75f, attentionScale());
    }

    /// What the graph of a layer multiplies the products of queries and keys by.
    private float attentionScale() {
        for (Tensor node : layer(it -> !it.isOptional()).nodes()) {
            if (node.op() instanceof Op.FlashAttnExt(float scale, _, _)) {
                return scale;
            }
        }
        throw new AssertionError("the layer has no attention");
    }

    @Test
    void addsTheBiasesThatThereAre() {
        Set<String> added = new HashSet<>();
        for (Tensor node : layer(_ -> true).nodes()) {
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

    /// The graph of the first layer for a token, with the weights that are `wanted`.
    private Graph layer(Predicate<WeightSpec> wanted) {
        Architecture llama = llama();
        List<WeightSpec> specs = new ArrayList<>(llama.layerWeights(0));
        specs.addAll(llama.sharedWeights());
        specs.removeIf(wanted.negate());
        GraphBuilder g = new GraphBuilder();
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
        Tensor x = g.input("x", TensorType.F32, Shape.of(llama.dim()));
        llama.layer(g, new Weights(weights(specs)), 0, x, inputs, cache);
        return g.build();
    }

    private Tensor head(boolean isTied) {
        Architecture llama = llama();
        List<WeightSpec> specs = new ArrayList<>(llama.embeddingWeights());
        specs.addAll(llama.headWeights(isTied));
        if (isTied) {
            specs.removeIf(WeightSpec::isOptional);
        }
        GraphBuilder g = new GraphBuilder();
        Tensor x = g.input("x", TensorType.F32, Shape.of(llama.dim(), 2));
        return llama.head(g, new Weights(weights(specs)), x);
    }

    @Test
    void logitsAreOfTheOutputMatrixAndItsScaleOrOfTheEmbedding() {
        Tensor scaled = head(false);
        assertInstanceOf(Op.Mul.class, scaled.op());
        assertEquals("output.scale", scaled.source(1).name());
        assertEquals("output.weight", scaled.source(0).source(0).name());
        Tensor tied = head(true);
        assertInstanceOf(Op.MulMat.class, tied.op());
        assertEquals("token_embd.weight", tied.source(0).name());
    }
}
