package dev.twinbolt.bench;

import dev.twinbolt.gguf.TensorType;

/// The sizes of a llama model. Throws [IllegalArgumentException] where they do not fit together.
///
/// @param dim elements of an embedding
/// @param ff elements between the two halves of a feed-forward network
/// @param context tokens; written to the file, and nothing is sized by it
/// @param isTied whether the output head is the token embedding
record LlamaShape(
        int layers,
        int dim,
        int heads,
        int kvHeads,
        int ff,
        int vocab,
        int context,
        float ropeTheta,
        boolean isTied) {
    static final int MAX_LAYERS = 10_000;
    static final int MAX_VOCAB = 10_000_000;

    LlamaShape {
        inRange("--layers", layers, 1, MAX_LAYERS);
        inRange("--dim", dim, 1, Integer.MAX_VALUE);
        inRange("--heads", heads, 1, dim);
        inRange("--kv-heads", kvHeads, 1, heads);
        inRange("--ff", ff, 1, Integer.MAX_VALUE);
        inRange("--vocab", vocab, MadeUpVocabulary.MIN_SIZE, MAX_VOCAB);
        inRange("--context", context, 1, Integer.MAX_VALUE);
        divides("--heads", heads, "--dim", dim);
        divides("--kv-heads", kvHeads, "--heads", heads);
        if (dim / heads % 2 != 0) {
            throw new IllegalArgumentException(
                    "--dim %d over --heads %d gives %d elements a head; expected an even number"
                            .formatted(dim, heads, dim / heads));
        }
        if (!(ropeTheta > 0 && Float.isFinite(ropeTheta))) {
            throw new IllegalArgumentException(
                    "--rope-theta %s; expected a finite number above 0".formatted(ropeTheta));
        }
    }

    int headDim() {
        return dim / heads;
    }

    /// Every row of a weight has `dim` or `ff` elements.
    void checkRows(TensorType type) {
        isWhole("--dim", dim, type);
        isWhole("--ff", ff, type);
    }

    private static void inRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "%s %d; expected %d to %d".formatted(option, value, least, most));
        }
    }

    private static void divides(String option, int divisor, String of, int value) {
        if (value % divisor != 0) {
            throw new IllegalArgumentException(
                    "%s %d does not divide %s %d".formatted(option, divisor, of, value));
        }
    }

    private static void isWhole(String option, int value, TensorType type) {
        if (value % type.blockSize() != 0) {
            throw new IllegalArgumentException(
                    "%s %d is not a multiple of %d, the block size of %s"
                            .formatted(option, value, type.blockSize(), type));
        }
    }
}
