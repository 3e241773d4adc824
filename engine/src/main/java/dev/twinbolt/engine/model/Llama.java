package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Metadata;
import java.util.ArrayList;
import java.util.List;

/// LLaMA (Touvron et al. 2023): pre-norm blocks of grouped-query attention with rotary positions
/// and a SwiGLU feed-forward. Weight names and layouts: llama.cpp `llama-arch.cpp`.
public final class Llama implements Architecture {
    private static final String ARCH = "llama";

    /// The shape of the model.
    ///
    /// @param dim activations per token
    /// @param headDimK columns of a query or key head; `headDimV` of a value head
    /// @param ropeDims leading columns of a head that are turned
    record Config(
            int layerCount,
            int dim,
            int feedForwardDim,
            int headCount,
            int kvHeadCount,
            int headDimK,
            int headDimV,
            int vocabSize,
            int contextLength,
            float normEpsilon,
            float attentionScale,
            int ropeDims,
            float ropeTheta,
            RopeScaling ropeScaling) {

        /// Bounds far beyond any model, so that no product of a file's numbers overflows.
        private static final int MAX_DIM = 1 << 24;

        private static final int MAX_LAYERS = 1 << 12;

        static Config of(Metadata m) {
            int dim = positive(m, "embedding_length");
            int heads = positive(m, "attention.head_count");
            int kvHeads = m.int32(key("attention.head_count_kv"), heads);
            int headDimK = m.int32(key("attention.key_length"), dim / heads);
            int headDimV = m.int32(key("attention.value_length"), headDimK);
            int context = positive(m, "context_length");
            int ropeDims = m.int32(key("rope.dimension_count"), headDimK);
            require(kvHeads > 0 && heads % kvHeads == 0, "attention.head_count_kv", kvHeads);
            require(headDimK > 0 && headDimK <= 1 << 16, "attention.key_length", headDimK);
            require(headDimV > 0 && headDimV <= 1 << 16, "attention.value_length", headDimV);
            require(
                    ropeDims > 0 && ropeDims <= headDimK && ropeDims % 2 == 0,
                    "rope.dimension_count",
                    ropeDims);
            require((long) heads * headDimK <= MAX_DIM, "attention.key_length", headDimK);
            require((long) heads * headDimV <= MAX_DIM, "attention.value_length", headDimV);
            int layers = positive(m, "block_count");
            require(layers <= MAX_LAYERS, "block_count", layers);
            int experts = m.int32(key("expert_count"), 0);
            if (experts != 0) {
                throw new ModelException(
                        "%s is %d; mixtures of experts are not supported in this version"
                                .formatted(key("expert_count"), experts));
            }
            float theta = m.float32(key("rope.freq_base"), 10000);
            float epsilon = m.float32(key("attention.layer_norm_rms_epsilon"));
            require(theta > 0 && Float.isFinite(theta), "rope.freq_base", theta);
            require(epsilon >= 0 && epsilon < 1, "attention.layer_norm_rms_epsilon", epsilon);
            int vocabulary =
                    m.contains(key("vocab_size"))
                            ? positive(m, "vocab_size")
                            : m.strings("tokenizer.ggml.tokens").size();
            return new Config(
                    layers,
                    dim,
                    positive(m, "feed_forward_length"),
                    heads,
                    kvHeads,
                    headDimK,
                    headDimV,
                    vocabulary,
                    context,
                    epsilon,
                    m.float32(key("attention.scale"), (float) (1 / Math.sqrt(headDimK))),
                    ropeDims,
                    theta,
                    RopeScaling.of(m, ARCH, context));
        }

        private static int positive(Metadata m, String name) {
            int value = m.int32(key(name));
            require(value > 0 && value <= MAX_DIM, name, value);
            return value;
        }

        private static String key(String name) {
            return ARCH + "." + name;
        }

        private static void require(boolean holds, String name, Number value) {
            if (!holds) {
                throw new ModelException(
                        "%s is %s, which no model of this kind can have; the file is damaged"
                                .formatted(key(name), value));
            }
        }
    }

    private final Config config;

    private Llama(Config config) {
        this.config = config;
    }

    static Llama of(Metadata metadata) {
        return new Llama(Config.of(metadata));
    }

    @Override
    public int layerCount() {
        return config.layerCount();
    }

    @Override
    public int dim() {
        return config.dim();
    }

    @Override
    public int vocabSize() {
        return config.vocabSize();
    }

    @Override
    public int contextLength() {
        return config.contextLength();
    }

    @Override
    public int headDimK() {
        return config.headDimK();
    }

    @Override
    public int headDimV() {
        return config.headDimV();
    }

    @Override
    public int kvDimK() {
        return config.kvHeadCount() * config.headDimK();
    }

    @Override
    public int kvDimV() {
        return config.kvHeadCount() * config.headDimV();
    }

    @Override
    public List<WeightSpec> embeddingWeights() {
        return List.of(
                WeightSpec.needed("token_embd.weight", Shape.of(config.dim(), config.vocabSize())));
    }

    @Override
    public List<WeightSpec> sharedWeights() {
        return List.of(WeightSpec.optional("rope_freqs.weight", Shape.of(config.ropeDims() / 2)));
    }

    @Override
    public List<WeightSpec> layerWeights(int layer) {
        int dim = config.dim();
        int ff = config.feedForwardDim();
        int attention = config.headCount() * config.headDimV();
        List<WeightSpec> specs = new ArrayList<>();
        String prefix = "blk." + layer + ".";
        specs.add(WeightSpec.needed(prefix + "attn_norm.weight", Shape.of(dim)));
        linear(specs, prefix + "attn_q", dim, config.headCount() * config.headDimK());
        linear(specs, prefix + "attn_k", dim, kvDimK());
        linear(specs, prefix + "attn_v", dim, kvDimV());
        linear(specs, prefix + "attn_output", attention, dim);
        specs.add(WeightSpec.needed(prefix + "ffn_norm.weight", Shape.of(dim)));
        linear(specs, prefix + "ffn_gate", dim, ff);
        linear(specs, prefix + "ffn_up", dim, ff);
        linear(specs, prefix + "ffn_down", ff, dim);
        return specs;
    }

    @Override
    public List<WeightSpec> headWeights(boolean isTied) {
        Shape matrix = Shape.of(config.dim(), config.vocabSize());
        List<WeightSpec> specs = new ArrayList<>();
        specs.add(WeightSpec.needed("output_norm.weight", Shape.of(config.dim())));
        specs.add(WeightSpec.needed(isTied ? "token_embd.weight" : "output.weight", matrix));
        specs.add(WeightSpec.optional("output.scale", Shape.of(1)));
        return specs;
    }

    private static void linear(List<WeightSpec> specs, String name, int in, int out) {
        specs.add(WeightSpec.needed(name + ".weight", Shape.of(in, out)));
        specs.add(WeightSpec.optional(name + ".scale", Shape.of(1)));
        specs.add(WeightSpec.optional(name + ".bias", Shape.of(out)));
    }

    // Attention.

    private Tensor attention(
            GraphBuilder g, Weights w, int layer, Tensor x, AttentionInputs in, LayerCache cache) {
        long n = x.ne(1);
        int slots = in.window().slots();
        int heads = config.headCount();
        int kvHeads = config.kvHeadCount();
        Weights block = w.layer(layer);
        Tensor factors = w.find("rope_freqs.weight");
        Op.Rope rope = rope();
        Tensor q = linear(g, block, "attn_q", layer, x);
        q = g.reshape("q_heads-" + layer, q, Shape.of(config.headDimK(), heads, n));
        q = g.rope("q_rope-" + layer, rope, q, in.positions(), factors);
        if (slots > 1) {
            Shape bySlot = Shape.of(config.headDimK(), heads, n / slots, slots);
            q = g.reshape("q_slots-" + layer, q, bySlot);
        }
        q = g.permute("q-" + layer, q, 0, 2, 1, 3);
        Tensor k = linear(g, block, "attn_k", layer, x);
        k = g.reshape("k_heads-" + layer, k, Shape.of(config.headDimK(), kvHeads, n));
        k = g.rope("k_rope-" + layer, rope, k, in.positions(), factors);
        k = g.reshape("k-" + layer, k, Shape.of(kvDimK(), n));
        g.setRows("k_cache-" + layer, cache.k(), k, in.kvRows());
        Tensor v = linear(g, block, "attn_v", layer, x);
        g.setRows("v_cache-" + layer, cache.v(), v, in.kvRows());
        Tensor keys = heads(g, "keys-" + layer, cache.k(), config.headDimK(), in.window());
        Tensor values = heads(g, "values-" + layer, cache.v(), config.headDimV(), in.window());
        Tensor attended =
                g.flashAttnExt("kqv-" + layer, q, keys, values, in.mask(), config.attentionScale());
        attended =
                g.reshape(
                        "attended-" + layer,
                        attended,
                        Shape.of((long) heads * config.headDimV(), n));
        return linear(g, block, "attn_output", layer, attended);
    }

    /// The window's part of a cache as \[head columns, cells, kv heads, slots\].
    private Tensor heads(GraphBuilder g, String name, Tensor cache, int headDim, KvWindow window) {
        long headBytes = cache.type().rowBytes(headDim);
        long rowBytes = cache.nb(1);
        long slotBytes = rowBytes * window.slotCells();
        Strides strides = new Strides(cache.nb(0), headBytes, rowBytes, slotBytes);
        Shape shape = Shape.of(headDim, config.kvHeadCount(), window.cells(), window.slots());
        Tensor view = g.view(name + "-view", cache, shape, strides, slotBytes * window.firstSlot());
        return g.permute(name, view, 0, 2, 1, 3);
    }

    private Op.Rope rope() {
        RopeScaling s = config.ropeScaling();
        return new Op.Rope(
                config.ropeDims(),
                RopeMode.NORMAL,
                s.originalContext(),
                config.ropeTheta(),
                s.freqScale(),
                s.extFactor(),
                s.attnFactor(),
                s.betaFast(),
                s.betaSlow(),
                0);
    }

    // Feed-forward.

    private Tensor feedForward(GraphBuilder g, Weights w, int layer, Tensor x) {
        Weights block = w.layer(layer);
        Tensor gate = linear(g, block, "ffn_gate", layer, x);
        Tensor up = linear(g, block, "ffn_up", layer, x);
        Tensor hidden = g.glu("ffn_swiglu-" + layer, GluOp.SWIGLU, gate, up);
        return linear(g, block, "ffn_down", layer, hidden);
    }

    // Block.

    @Override
    public Tensor layer(
            GraphBuilder g,
            Weights w,
            int layer,
            Tensor x,
            AttentionInputs inputs,
            LayerCache cache) {
        Tensor normed = norm(g, w.layer(layer), "attn_norm", "attn_norm-" + layer, x);
        Tensor attended = attention(g, w, layer, normed, inputs, cache);
        Tensor h = g.add("ffn_inp-" + layer, x, attended);
        normed = norm(g, w.layer(layer), "ffn_norm", "ffn_norm-" + layer, h);
        return g.add("l_out-" + layer, h, feedForward(g, w, layer, normed));
    }

    // Model.

    @Override
    public Tensor embed(GraphBuilder g, Weights w, Tensor tokens) {
        return g.getRows("inp_embd", w.get("token_embd.weight"), tokens);
    }

    @Override
    public Tensor head(GraphBuilder g, Weights w, Tensor x) {
        Tensor matrix = w.find("output.weight");
        Tensor normed = norm(g, w, "output_norm", "result_norm", x);
        Tensor logits =
                g.mulMat(
                        "result_output",
                        matrix == null ? w.get("token_embd.weight") : matrix,
                        normed);
        Tensor scale = w.find("output.scale");
        return scale == null ? logits : g.mul("result_scaled", logits, scale);
    }

    private Tensor norm(GraphBuilder g, Weights w, String weight, String name, Tensor x) {
        Tensor normed = g.rmsNorm(name + "-rms", x, config.normEpsilon());
        return g.mul(name, normed, w.get(weight + ".weight"));
    }

    private static Tensor linear(GraphBuilder g, Weights w, String weight, int layer, Tensor x) {
        String name = weight + "-" + layer;
        Tensor y = g.mulMat(name, w.get(weight + ".weight"), x);
        Tensor scale = w.find(weight + ".scale");
        if (scale != null) {
            y = g.mul(name + "-scaled", y, scale);
        }
        Tensor bias = w.find(weight + ".bias");
        return bias == null ? y : g.add(name + "-biased", y, bias);
    }
}
