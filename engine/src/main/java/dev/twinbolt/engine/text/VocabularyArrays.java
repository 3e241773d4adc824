package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The three parallel arrays of a vocabulary, checked against each other.
final class VocabularyArrays {
    /// Looking a text up costs its bytes times this in the worst case; known vocabularies stay
    /// below 300.
    private static final int LONGEST_PIECE = 1024;

    private VocabularyArrays() {}

    /// The pieces; an empty one gets a name that no text spells, as in llama.cpp.
    static List<String> pieces(Metadata metadata) {
        List<String> read = metadata.strings("tokenizer.ggml.tokens");
        if (read.isEmpty()) {
            throw new TokenizerException(
                    "tokenizer.ggml.tokens is empty; a model needs a vocabulary");
        }
        List<String> pieces = new ArrayList<>(read);
        for (int id = 0; id < pieces.size(); id++) {
            int length = pieces.get(id).length();
            if (length == 0) {
                pieces.set(id, "[EMPTY_" + id + "]");
            } else if (length > LONGEST_PIECE) {
                throw new TokenizerException(
                        "tokenizer.ggml.tokens, entry "
                                + id
                                + ", has "
                                + length
                                + " characters, at most "
                                + LONGEST_PIECE
                                + " are supported; the file is probably damaged");
            }
        }
        return pieces;
    }

    /// The types; all normal where the file has none.
    static TokenType[] types(Metadata metadata, List<String> pieces) {
        String key = "tokenizer.ggml.token_type";
        int count = pieces.size();
        TokenType[] types = new TokenType[count];
        if (!metadata.contains(key)) {
            Arrays.fill(types, TokenType.NORMAL);
            return types;
        }
        checkCount(key, metadata.count(key), count);
        int[] ids = metadata.ints(key);
        for (int token = 0; token < count; token++) {
            types[token] = TokenType.byId(ids[token], token);
            if (types[token] == TokenType.BYTE && ByteTokens.value(pieces.get(token)) < 0) {
                throw new TokenizerException(
                        "token "
                                + token
                                + " is of type byte, but is '"
                                + pieces.get(token)
                                + "' where <0xNN> is expected");
            }
        }
        return types;
    }

    /// The scores; an empty array where the file has none.
    static float[] scores(Metadata metadata, int count) {
        String key = "tokenizer.ggml.scores";
        if (!metadata.contains(key)) {
            return new float[0];
        }
        checkCount(key, metadata.count(key), count);
        float[] scores = metadata.floats(key);
        for (int token = 0; token < count; token++) {
            if (Float.isNaN(scores[token])) {
                throw new TokenizerException(
                        key + " of token " + token + " is NaN; a score orders merges");
            }
        }
        return scores;
    }

    private static void checkCount(String key, int actual, int expected) {
        if (actual != expected) {
            throw new TokenizerException(
                    key
                            + " has "
                            + actual
                            + " entries, tokenizer.ggml.tokens has "
                            + expected
                            + "; they must be as many");
        }
    }
}
