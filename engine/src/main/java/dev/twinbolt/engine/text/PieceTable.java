package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Looks up the token that is spelled by a range of bytes, without copying the range.
///
/// The hash is seeded per process, so that a file cannot be made to collide.
final class PieceTable {
    private static final long SEED = new SplittableRandom().nextLong() | 1;

    private final byte[][] pieces;
    private final int[] slots;
    private int longest;

    /// The non-null `pieces`, each known by its index.
    PieceTable(byte[][] pieces) {
        this.pieces = pieces;
        slots = new int[Integer.highestOneBit(Math.max(8, pieces.length)) * 4];
        Arrays.fill(slots, -1);
        for (int id = 0; id < pieces.length; id++) {
            byte[] piece = pieces[id];
            if (piece != null) {
                slots[slot(piece, 0, piece.length)] = id;
                longest = Math.max(longest, piece.length);
            }
        }
    }

    /// The token spelled by `text[from, from + length)`, or -1.
    int find(byte[] text, int from, int length) {
        return length > longest ? -1 : slots[slot(text, from, length)];
    }

    private int slot(byte[] text, int from, int length) {
        long hash = length;
        for (int i = from; i < from + length; i++) {
            hash = (hash ^ text[i]) * SEED;
            hash ^= hash >>> 29;
        }
        int mask = slots.length - 1;
        int slot = (int) (hash ^ (hash >>> 32)) & mask;
        while (slots[slot] >= 0 && !matches(pieces[slots[slot]], text, from, length)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static boolean matches(byte[] piece, byte[] text, int from, int length) {
        return Arrays.equals(piece, 0, piece.length, text, from, from + length);
    }
}
