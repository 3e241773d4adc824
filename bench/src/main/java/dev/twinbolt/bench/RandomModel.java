package dev.twinbolt.bench;

import dev.twinbolt.gguf.GgufWriter;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// A llama model of random weights. Shape, format and seed alone decide every byte of the file.
final class RandomModel {
    private static final float RMS_EPSILON = 1e-5f;
    private static final int CHUNK_BYTES = 1 << 18;

    /// The seed is spread by the weight's place in the file, so no two weights are alike.
    private record Weight(String name, RandomFormat format, List<Long> ne) {
        long elementCount() {
            return ne.stream().reduce(1L, Math::multiplyExact);
        }

        long sizeBytes() {
            return format.type().rowBytes(elementCount());
        }

        boolean isNorm() {
            return ne.size() == 1;
        }
    }

    private final LlamaShape shape;
    private final FormatMix mix;
    private final long seed;
    private final List<Weight> weights = new ArrayList<>();

    RandomModel(LlamaShape shape, FormatMix mix, long seed) {
        shape.checkRows(mix.most().type());
        shape.checkRows(mix.finer().type());
        this.shape = shape;
        this.mix = mix;
        this.seed = seed;
        addWeights();
    }

    /// The bytes of all weights, without header and gaps.
    long sizeBytes() {
        return weights.stream().mapToLong(Weight::sizeBytes).reduce(0, Math::addExact);
    }

    GgufWriter writer() {
        GgufWriter writer = new GgufWriter();
        describe(writer);
        MadeUpVocabulary.describe(writer, shape.vocab());
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            SplitMix64 random = new SplitMix64(seed, i);
            writer.tensor(
                    weight.name,
                    weight.format.type(),
                    weight.ne,
                    weight.isNorm()
                            ? out -> writeOnes(out, shape.dim())
                            : out -> writeRandom(out, weight, random));
        }
        return writer;
    }

    private void describe(GgufWriter writer) {
        writer.metadata("general.architecture", MetadataValue.of("llama"))
                .metadata(
                        "general.name",
                        MetadataValue.of("random %s of seed %d".formatted(mix.name(), seed)))
                .metadata("general.file_type", MetadataValue.of(mix.fileType()))
                .metadata("llama.block_count", MetadataValue.of(shape.layers()))
                .metadata("llama.context_length", MetadataValue.of(shape.context()))
                .metadata("llama.embedding_length", MetadataValue.of(shape.dim()))
                .metadata("llama.feed_forward_length", MetadataValue.of(shape.ff()))
                .metadata("llama.attention.head_count", MetadataValue.of(shape.heads()))
                .metadata("llama.attention.head_count_kv", MetadataValue.of(shape.kvHeads()))
                .metadata("llama.attention.layer_norm_rms_epsilon", MetadataValue.of(RMS_EPSILON))
                .metadata("llama.rope.dimension_count", MetadataValue.of(shape.headDim()))
                .metadata("llama.rope.freq_base", MetadataValue.of(shape.ropeTheta()))
                .metadata("llama.vocab_size", MetadataValue.of(shape.vocab()));
    }

    private void addWeights() {
        long dim = shape.dim();
        long kvDim = (long) shape.kvHeads() * shape.headDim();
        long ff = shape.ff();
        RandomFormat head = mix.of(FormatMix.HEAD, 0, shape.layers());
        matrix("token_embd", shape.isTied() ? head : mix.most(), dim, shape.vocab());
        for (int layer = 0; layer < shape.layers(); layer++) {
            norm(layer, "attn_norm");
            matrix(layer, "attn_q", dim, dim);
            matrix(layer, "attn_k", dim, kvDim);
            matrix(layer, "attn_v", dim, kvDim);
            matrix(layer, "attn_output", dim, dim);
            norm(layer, "ffn_norm");
            matrix(layer, "ffn_gate", dim, ff);
            matrix(layer, "ffn_up", dim, ff);
            matrix(layer, "ffn_down", ff, dim);
        }
        norm("output_norm");
        if (!shape.isTied()) {
            matrix(FormatMix.HEAD, head, dim, shape.vocab());
        }
    }

    private void norm(int layer, String role) {
        norm("blk." + layer + "." + role);
    }

    private void norm(String name) {
        weights.add(new Weight(name + ".weight", RandomFormat.F32, List.of((long) shape.dim())));
    }

    private void matrix(int layer, String role, long columns, long rows) {
        RandomFormat format = mix.of(role, layer, shape.layers());
        matrix("blk." + layer + "." + role, format, columns, rows);
    }

    private void matrix(String name, RandomFormat format, long columns, long rows) {
        weights.add(new Weight(name + ".weight", format, List.of(columns, rows)));
    }

    private static void writeOnes(OutputStream out, int count) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 1);
        for (int i = 0; i < count; i++) {
            out.write(one.array());
        }
    }

    private static void writeRandom(OutputStream out, Weight weight, SplitMix64 random)
            throws IOException {
        TensorType type = weight.format.type();
        int chunk = CHUNK_BYTES / type.blockBytes() * type.blockBytes();
        ByteBuffer bytes = ByteBuffer.allocate(chunk + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long left = weight.sizeBytes(); left > 0; left -= chunk) {
            int size = (int) Math.min(chunk, left);
            weight.format.fill(bytes, size, random);
            out.write(bytes.array(), 0, size);
        }
    }
}
