package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.List;

/// The merges of a byte-level vocabulary: which two tokens become which, and which pair goes first.
///
/// A merge whose parts or result are no tokens is left out: it could only lead to text without a
/// token.
final class Merges {
    private final LongIntMap ranks = new LongIntMap();

    /// By rank: the token that the pair becomes, or -1.
    private final int[] merged;

    /// `lines`: two pieces with a space between, the first line merges first.
    Merges(List<String> lines, PieceTable table) {
        merged = new int[lines.size()];
        Arrays.fill(merged, -1);
        for (int rank = 0; rank < merged.length; rank++) {
            String line = lines.get(rank);
            int space = line.indexOf(' ', 1);
            if (space < 0 || space == line.length() - 1) {
                throw new TokenizerException(
                        "tokenizer.ggml.merges, entry "
                                + rank
                                + ", is '"
                                + line
                                + "'; expected two pieces with a space between");
            }
            byte[] left = ByteLevel.decode(line.substring(0, space));
            byte[] right = ByteLevel.decode(line.substring(space + 1));
            int leftToken = table.find(left, 0, left.length);
            int rightToken = table.find(right, 0, right.length);
            byte[] whole = Arrays.copyOf(left, left.length + right.length);
            System.arraycopy(right, 0, whole, left.length, right.length);
            int token = table.find(whole, 0, whole.length);
            if (leftToken >= 0 && rightToken >= 0 && token >= 0) {
                merged[rank] = token;
                if (rank(leftToken, rightToken) < 0) {
                    ranks.put(pair(leftToken, rightToken), rank);
                }
            }
        }
    }

    /// The place of the pair in the list, or -1.
    int rank(int left, int right) {
        return left < 0 || right < 0 ? -1 : ranks.get(pair(left, right));
    }

    int merged(int rank) {
        return merged[rank];
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
