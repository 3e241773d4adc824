package dev.twinbolt.engine.draft;

import java.util.Arrays;
import java.util.function.BooleanSupplier;

/// Guesses that a text goes on as it did where its last few tokens stood before: names, code and
/// quotes come again. Source: Saxena, Prompt Lookup Decoding.
public final class PromptLookup implements Drafter {
    /// Tokens that have to stand together before; the longer match goes first.
    private static final int LONGEST_MATCH = 4;

    private static final int SHORTEST_MATCH = 2;

    private static final int[] NONE = {};

    @Override
    public int[] draft(int[] text, int length, int most, BooleanSupplier isCancelled) {
        for (int match = LONGEST_MATCH; match >= SHORTEST_MATCH; match--) {
            int before = lastBefore(text, length, match);
            if (before >= 0) {
                int from = before + match;
                return Arrays.copyOfRange(text, from, Math.min(length, from + most));
            }
        }
        return NONE;
    }

    /// Where the last `match` tokens stood the last time before, or -1.
    private static int lastBefore(int[] text, int length, int match) {
        for (int start = length - match - 1; start >= 0; start--) {
            if (Arrays.equals(text, start, start + match, text, length - match, length)) {
                return start;
            }
        }
        return -1;
    }

    @Override
    public void close() {}
}
