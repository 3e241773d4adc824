package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Small vocabularies of our own, as a file's metadata.
final class Vocabularies {
    static final int NORMAL = 1;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int BYTE = 6;

    final Map<String, MetadataValue> metadata = new LinkedHashMap<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();

    /// `<unk>`, `<s>`, `</s>`, the bytes, then pieces whose score falls from first to last.
    static Vocabularies sentencePiece(String... pieces) {
        Vocabularies v = new Vocabularies();
        v.metadata.put("tokenizer.ggml.model", MetadataValue.of("llama"));
        v.add("<unk>", 2).add("<s>", CONTROL).add("</s>", CONTROL);
        for (int i = 0; i < 256; i++) {
            v.add("<0x%02X>".formatted(i), BYTE);
        }
        for (String piece : pieces) {
            v.add(piece, NORMAL);
        }
        return v;
    }

    /// Every byte, then the merges in their order (such as `h e`), then `<s>` and `</s>`.
    static Vocabularies byteLevel(String pre, String... merges) {
        Vocabularies v = new Vocabularies();
        v.metadata.put("tokenizer.ggml.model", MetadataValue.of("gpt2"));
        v.metadata.put("tokenizer.ggml.pre", MetadataValue.of(pre));
        v.metadata.put("tokenizer.ggml.merges", MetadataValue.of(List.of(merges)));
        int unprintable = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
            v.add(Character.toString(printable ? b : unprintable++), NORMAL);
        }
        for (String merge : merges) {
            v.add(merge.replace(" ", ""), NORMAL);
        }
        return v.add("<s>", CONTROL).add("</s>", CONTROL);
    }

    Vocabularies add(String piece, int type) {
        scores.add((float) -tokens.size());
        tokens.add(piece);
        types.add(type);
        return this;
    }

    Vocabularies put(String key, MetadataValue value) {
        metadata.put("tokenizer.ggml." + key, value);
        return this;
    }

    int id(String piece) {
        return tokens.indexOf(piece);
    }

    Metadata build() {
        float[] floats = new float[scores.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = scores.get(i);
        }
        metadata.putIfAbsent("tokenizer.ggml.tokens", MetadataValue.of(tokens));
        metadata.putIfAbsent("tokenizer.ggml.scores", MetadataValue.of(floats));
        metadata.putIfAbsent(
                "tokenizer.ggml.token_type",
                MetadataValue.of(types.stream().mapToInt(t -> t).toArray()));
        return new Metadata(metadata);
    }

    Tokenizer tokenizer() {
        return Tokenizer.of(build());
    }
}
