package dev.twinbolt.engine.model;

import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.GgufWriter;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Files of a llama of 64 columns, 4 heads and 2 KV heads, for tests that need no weights.
public final class TinyLlama {
    public final Map<String, MetadataValue> metadata = new LinkedHashMap<>();
    public final Map<String, List<Long>> tensors = new LinkedHashMap<>();

    /// Of tensors that are not F32.
    public final Map<String, TensorType> types = new LinkedHashMap<>();

    public TinyLlama(int layerCount) {
        metadata.put("general.architecture", MetadataValue.of("llama"));
        metadata.put("llama.block_count", MetadataValue.of(layerCount));
        metadata.put("llama.context_length", MetadataValue.of(2048));
        metadata.put("llama.embedding_length", MetadataValue.of(64));
        metadata.put("llama.feed_forward_length", MetadataValue.of(128));
        metadata.put("llama.attention.head_count", MetadataValue.of(4));
        metadata.put("llama.attention.head_count_kv", MetadataValue.of(2));
        metadata.put("llama.attention.layer_norm_rms_epsilon", MetadataValue.of(1e-5f));
        metadata.put("llama.vocab_size", MetadataValue.of(100));
        tensors.put("token_embd.weight", List.of(64L, 100L));
        tensors.put("output_norm.weight", List.of(64L));
        for (int i = 0; i < layerCount; i++) {
            String blk = "blk." + i + ".";
            tensors.put(blk + "attn_norm.weight", List.of(64L));
            tensors.put(blk + "attn_q.weight", List.of(64L, 64L));
            tensors.put(blk + "attn_k.weight", List.of(64L, 32L));
            tensors.put(blk + "attn_v.weight", List.of(64L, 32L));
            tensors.put(blk + "attn_output.weight", List.of(64L, 64L));
            tensors.put(blk + "ffn_norm.weight", List.of(64L));
            tensors.put(blk + "ffn_gate.weight", List.of(64L, 128L));
            tensors.put(blk + "ffn_up.weight", List.of(64L, 128L));
            tensors.put(blk + "ffn_down.weight", List.of(128L, 64L));
        }
    }

    /// The header alone.
    public Path write(Path folder) throws IOException {
        Path path = folder.resolve("tiny.gguf");
        writer().writeHeader(path);
        return path;
    }

    /// What is read of a file in `folder`.
    public Model model(Path folder) throws IOException {
        try (GgufFile file = GgufFile.openHeader(write(folder))) {
            return Model.of(file);
        }
    }

    /// With weights that are all 0.
    public Path writeWhole(Path folder) throws IOException {
        Path path = folder.resolve("tiny.gguf");
        writer().write(path);
        return path;
    }

    private GgufWriter writer() {
        GgufWriter writer = new GgufWriter();
        metadata.forEach(writer::metadata);
        tensors.forEach(
                (name, ne) -> {
                    long elements = ne.stream().reduce(1L, (a, b) -> a * b);
                    TensorType type = types.getOrDefault(name, TensorType.F32);
                    int size = Math.toIntExact(type.rowBytes(elements));
                    writer.tensor(name, type, ne, out -> out.write(new byte[size]));
                });
        return writer;
    }
}
