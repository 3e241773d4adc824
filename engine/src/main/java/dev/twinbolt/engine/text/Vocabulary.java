package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// The tokens of a model: their pieces, scores and types, the special ones among them, and what
/// encoding adds by itself.
///
/// Keys and defaults are llama.cpp's (`src/llama-vocab.cpp`). Unlike there, an id out of range, an
/// array of another length and a piece that occurs twice are errors.
public final class Vocabulary {
    private static final int NONE = -1;

    private final List<String> pieces;
    private final TokenType[] types;
    private final float[] scores;
    private final int bos;
    private final int eos;
    private final int eot;
    private final int unk;
    private final boolean addBos;
    private final boolean addEos;
    private final boolean addSpacePrefix;
    private final BitSet endOfGeneration;

    /// Special tokens and flags of a family of tokenizers, for files that do not give them; -1 is
    /// none.
    record Defaults(int bos, int eos, int unk, boolean addBos, boolean addSpacePrefix) {}

    Vocabulary(Metadata metadata, Defaults defaults) {
        pieces = VocabularyArrays.pieces(metadata);
        types = VocabularyArrays.types(metadata, pieces);
        scores = VocabularyArrays.scores(metadata, pieces.size());
        Map<String, Integer> ids = index(pieces);
        bos = id(metadata, "bos", defaults.bos());
        eos = id(metadata, "eos", defaults.eos());
        unk = id(metadata, "unknown", defaults.unk());
        int declaredEot = id(metadata, "eot", NONE);
        eot = declaredEot != NONE ? declaredEot : EndOfGeneration.endOfTurn(ids);
        BitSet declared = new BitSet();
        for (int id :
                new int[] {
                    eos,
                    eot,
                    id(metadata, "eom", NONE),
                    id(metadata, "fim_pad", NONE),
                    id(metadata, "fim_rep", NONE),
                    id(metadata, "fim_sep", NONE)
                }) {
            if (id != NONE) {
                declared.set(id);
            }
        }
        endOfGeneration = EndOfGeneration.complete(declared, ids, types);
        addBos = add(metadata, "bos", bos, defaults.addBos());
        addEos = add(metadata, "eos", eos, false);
        addSpacePrefix =
                metadata.bool("tokenizer.ggml.add_space_prefix", defaults.addSpacePrefix());
    }

    public int size() {
        return pieces.size();
    }

    /// The token's spelling in the file: `▁` for a space in a SentencePiece vocabulary, mapped
    /// bytes in a byte-level one.
    public String piece(int token) {
        return pieces.get(check(token));
    }

    /// The token's type, where a well-known end token counts as a control token whatever the file
    /// says.
    public TokenType type(int token) {
        return types[check(token)];
    }

    /// The merge priority, greater is earlier; 0 for all where the file has no scores.
    public float score(int token) {
        return scores.length == 0 ? 0f : scores[check(token)];
    }

    boolean hasScores() {
        return scores.length > 0;
    }

    public OptionalInt bos() {
        return optional(bos);
    }

    public OptionalInt eos() {
        return optional(eos);
    }

    public OptionalInt eot() {
        return optional(eot);
    }

    public OptionalInt unk() {
        return optional(unk);
    }

    /// Whether encoding puts the begin token first.
    public boolean addBos() {
        return addBos;
    }

    /// Whether encoding puts the end token last.
    public boolean addEos() {
        return addEos;
    }

    /// Whether a SentencePiece text gets a space put before it.
    public boolean addSpacePrefix() {
        return addSpacePrefix;
    }

    /// Whether a model that samples this token has finished its turn or its text.
    public boolean isEndOfGeneration(int token) {
        return token >= 0 && endOfGeneration.get(token);
    }

    /// `ids` with the begin and end tokens that the vocabulary asks for, each at most once.
    int[] withSpecials(int[] ids) {
        boolean front = addBos && (ids.length == 0 || ids[0] != bos);
        boolean back = addEos && (ids.length == 0 || ids[ids.length - 1] != eos);
        int start = front ? 1 : 0;
        int[] result = new int[start + ids.length + (back ? 1 : 0)];
        System.arraycopy(ids, 0, result, start, ids.length);
        if (front) {
            result[0] = bos;
        }
        if (back) {
            result[result.length - 1] = eos;
        }
        return result;
    }

    int check(int token) {
        if (token < 0 || token >= pieces.size()) {
            throw new TokenizerException(
                    "token " + token + " is outside the vocabulary of " + pieces.size());
        }
        return token;
    }

    private int id(Metadata metadata, String name, int fallback) {
        String key = "tokenizer.ggml." + name + "_token_id";
        if (!metadata.contains(key)) {
            return fallback < pieces.size() ? fallback : NONE;
        }
        long id = metadata.integer(key);
        if (id < 0 || id >= pieces.size()) {
            throw new TokenizerException(
                    key + " is " + id + ", but the vocabulary has " + pieces.size() + " tokens");
        }
        return (int) id;
    }

    private static boolean add(Metadata metadata, String name, int id, boolean fallback) {
        String key = "tokenizer.ggml.add_" + name + "_token";
        boolean add = metadata.bool(key, fallback && id != NONE);
        if (add && id == NONE) {
            throw new TokenizerException(
                    key + " is true, but tokenizer.ggml." + name + "_token_id is missing");
        }
        return add;
    }

    private static Map<String, Integer> index(List<String> pieces) {
        Map<String, Integer> ids = HashMap.newHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            Integer first = ids.put(pieces.get(id), id);
            if (first != null) {
                throw new TokenizerException(
                        "tokens " + first + " and " + id + " are both '" + pieces.get(id) + "'");
            }
        }
        return ids;
    }

    private static OptionalInt optional(int id) {
        return id == NONE ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
