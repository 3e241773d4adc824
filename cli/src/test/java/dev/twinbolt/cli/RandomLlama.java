package dev.twinbolt.cli;

import dev.twinbolt.gguf.GgufWriter;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// A small llama of random weights that talks nonsense for as long as it is let.
final class RandomLlama {
    private static final int DIM = 128;
    private static final int LAYERS = 8;
    private static final int FEED_FORWARD = 512;

    /// The first of the 256 tokens that are one byte each.
    private static final int FIRST_BYTE = 3;

    private static final int ANYTHING = -1;

    private final Random random = new Random(11);
    private final GgufWriter writer = new GgufWriter();

    /// The token of the largest logit whatever came before, or [#ANYTHING].
    private final int said;

    private final int heads;

    private RandomLlama(int said) {
        this(said, 4);
    }

    private RandomLlama(int said, int heads) {
        this.said = said;
        this.heads = heads;
    }

    static Path write(Path folder) throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomLlama(ANYTHING).fill().write(path);
        return path;
    }

    /// The same under a name.
    static Path write(Path folder, String name) throws IOException {
        Path path = folder.resolve("named.gguf");
        new RandomLlama(ANYTHING)
                .fill()
                .metadata("general.name", MetadataValue.of(name))
                .write(path);
        return path;
    }

    /// One that says `value` again and again, if the best token is taken.
    static Path writeByte(Path folder, int value) throws IOException {
        Path path = folder.resolve("byte.gguf");
        new RandomLlama(FIRST_BYTE + value).fill().write(path);
        return path;
    }

    /// The same without its weights.
    static Path writeHeader(Path folder) throws IOException {
        Path path = folder.resolve("header.gguf");
        new RandomLlama(ANYTHING).fill().writeHeader(path);
        return path;
    }

    /// The same with heads of 16 elements, not 32.
    static Path writeHeaderOfSmallHeads(Path folder) throws IOException {
        Path path = folder.resolve("small-heads.gguf");
        new RandomLlama(ANYTHING, DIM / 16).fill().writeHeader(path);
        return path;
    }

    private GgufWriter fill() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
        for (int i = 0; i < 256; i++) {
            tokens.add("<0x%02X>".formatted(i));
            types.add(6);
        }
        for (char c = 'a'; c <= 'z'; c++) {
            tokens.add("▁" + c);
            types.add(1);
        }
        float[] scores = new float[tokens.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = -i;
        }
        writer.metadata("general.architecture", MetadataValue.of("llama"))
                .metadata("llama.block_count", MetadataValue.of(LAYERS))
                .metadata("llama.context_length", MetadataValue.of(1 << 16))
                .metadata("llama.embedding_length", MetadataValue.of(DIM))
                .metadata("llama.feed_forward_length", MetadataValue.of(FEED_FORWARD))
                .metadata("llama.attention.head_count", MetadataValue.of(heads))
                .metadata("llama.attention.layer_norm_rms_epsilon", MetadataValue.of(1e-5f))
                .metadata("tokenizer.ggml.model", MetadataValue.of("llama"))
                .metadata("tokenizer.ggml.tokens", MetadataValue.of(tokens))
                .metadata("tokenizer.ggml.scores", MetadataValue.of(scores))
                .metadata(
                        "tokenizer.ggml.token_type",
                        MetadataValue.of(types.stream().mapToInt(t -> t).toArray()))
                .metadata("tokenizer.ggml.bos_token_id", MetadataValue.of(1))
                .metadata("tokenizer.ggml.eos_token_id", MetadataValue.of(2));
        matrix("token_embd", DIM, tokens.size());
        for (int i = 0; i < LAYERS; i++) {
            String blk = "blk." + i + ".";
            ones(blk + "attn_norm");
            for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
                matrix(blk + name, DIM, DIM);
            }
            ones(blk + "ffn_norm");
            matrix(blk + "ffn_gate", DIM, FEED_FORWARD);
            matrix(blk + "ffn_up", DIM, FEED_FORWARD);
            matrix(blk + "ffn_down", FEED_FORWARD, DIM);
        }
        ones("output_norm");
        matrix("output", DIM, tokens.size());
        return writer;
    }

    private void ones(String name) {
        float[] values = new float[DIM];
        Arrays.fill(values, 1);
        tensor(name, values, List.of((long) DIM));
    }

    private void matrix(String name, int in, int out) {
        float[] values = new float[in * out];
        if (said == ANYTHING) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian() * 0.1f;
            }
        } else if (name.equals("token_embd")) {
            Arrays.fill(values, 1); // which the layers, all zeros, leave as it is
        } else if (name.equals("output")) {
            Arrays.fill(values, said * in, (said + 1) * in, 1);
        }
        tensor(name, values, List.of((long) in, (long) out));
    }

    private void tensor(String name, float[] values, List<Long> ne) {
        byte[] bytes = new byte[4 * values.length];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(values);
        writer.tensor(name + ".weight", TensorType.F32, ne, MemorySegment.ofArray(bytes));
    }
}
