package dev.twinbolt.engine.sampling;

import java.util.Arrays;

/// The tokens that are still in the running, best first: a lower id goes before a higher one of the
/// same logit.
///
/// A candidate is one long, of which the upper half orders by logit and the lower half by id, so
/// that selecting and sorting move plain longs.
final class Candidates {
    private long[] entries = new long[0];
    private int size;

    /// Takes the `count` best of `logits`.
    void select(float[] logits, int count) {
        if (entries.length < count) {
            entries = new long[count];
        }
        for (int token = 0; token < count; token++) {
            entries[token] = entry(logits[token], token);
        }
        size = count;
        if (count < logits.length) {
            keepGreatest(logits);
        }
        Arrays.sort(entries, 0, size);
        for (int low = 0, high = size - 1; low < high; low++, high--) {
            long swapped = entries[low];
            entries[low] = entries[high];
            entries[high] = swapped;
        }
    }

    int size() {
        return size;
    }

    /// Keeps the first `count`.
    void truncate(int count) {
        size = count;
    }

    int token(int index) {
        return ~(int) entries[index];
    }

    float logit(int index) {
        int ordered = (int) (entries[index] >> 32);
        return Float.intBitsToFloat(ordered ^ (ordered >> 31 & 0x7FFFFFFF));
    }

    /// Passes the other logits through a heap of the greatest seen so far, the least of them at its
    /// root.
    private void keepGreatest(float[] logits) {
        for (int parent = size / 2 - 1; parent >= 0; parent--) {
            sink(parent);
        }
        for (int token = size; token < logits.length; token++) {
            long entry = entry(logits[token], token);
            if (entry > entries[0]) {
                entries[0] = entry;
                sink(0);
            }
        }
    }

    private void sink(int hole) {
        long moved = entries[hole];
        int child;
        while ((child = 2 * hole + 1) < size) {
            if (child + 1 < size && entries[child + 1] < entries[child]) {
                child++;
            }
            if (entries[child] >= moved) {
                break;
            }
            entries[hole] = entries[child];
            hole = child;
        }
        entries[hole] = moved;
    }

    private static long entry(float logit, int token) {
        int bits = Float.floatToIntBits(logit + 0f);
        int ordered = bits ^ (bits >> 31 & 0x7FFFFFFF);
        return (long) ordered << 32 | (~token & 0xFFFFFFFFL);
    }
}
