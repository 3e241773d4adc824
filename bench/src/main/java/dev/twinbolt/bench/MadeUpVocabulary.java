package dev.twinbolt.bench;

import dev.twinbolt.gguf.GgufWriter;
import dev.twinbolt.gguf.MetadataValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A SentencePiece-style vocabulary of any size: three special tokens, the 256 bytes, and pieces of
/// letters in which every piece is a shorter piece and one letter more, so that each can be merged.
final class MadeUpVocabulary {
    static final int MIN_SIZE = 3 + 256;

    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    private MadeUpVocabulary() {}

    static void describe(GgufWriter writer, int size) {
        List<String> tokens = new ArrayList<>(size);
        tokens.addAll(List.of("<unk>", "<s>", "</s>"));
        for (int b = 0; b < 256; b++) {
            tokens.add("<0x%02X>".formatted(b));
        }
        addPieces(tokens, size);
        int[] types = new int[size];
        Arrays.fill(types, NORMAL);
        Arrays.fill(types, 0, MIN_SIZE, BYTE);
        types[0] = UNKNOWN;
        types[1] = CONTROL;
        types[2] = CONTROL;
        float[] scores = new float[size];
        for (int i = MIN_SIZE; i < size; i++) {
            scores[i] = MIN_SIZE - i;
        }
        writer.metadata("tokenizer.ggml.model", MetadataValue.of("llama"))
                .metadata("tokenizer.ggml.pre", MetadataValue.of("default"))
                .metadata("tokenizer.ggml.tokens", MetadataValue.of(tokens))
                .metadata("tokenizer.ggml.scores", MetadataValue.of(scores))
                .metadata("tokenizer.ggml.token_type", MetadataValue.of(types))
                .metadata("tokenizer.ggml.bos_token_id", MetadataValue.of(1))
                .metadata("tokenizer.ggml.eos_token_id", MetadataValue.of(2))
                .metadata("tokenizer.ggml.unknown_token_id", MetadataValue.of(0))
                .metadata("tokenizer.ggml.add_bos_token", MetadataValue.of(true))
                .metadata("tokenizer.ggml.add_eos_token", MetadataValue.of(false))
                .metadata("tokenizer.ggml.add_space_prefix", MetadataValue.of(true));
    }

    /// ▁ and the letters, then each piece so far with each letter after it, until there are `size`.
    private static void addPieces(List<String> tokens, int size) {
        int shorter = tokens.size();
        add(tokens, "▁", size);
        addLetters(tokens, "", size);
        while (tokens.size() < size) {
            addLetters(tokens, tokens.get(shorter++), size);
        }
    }

    private static void addLetters(List<String> tokens, String start, int size) {
        for (char letter = 'a'; letter <= 'z'; letter++) {
            add(tokens, start + letter, size);
        }
    }

    private static void add(List<String> tokens, String piece, int size) {
        if (tokens.size() < size) {
            tokens.add(piece);
        }
    }
}
