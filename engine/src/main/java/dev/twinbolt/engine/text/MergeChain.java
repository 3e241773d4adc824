package dev.twinbolt.engine.text;

import java.util.Arrays;

/// A row of symbols whose best adjacent pair is merged until no pair is left: the core of both
/// tokenizers.
///
/// Pairs wait in a heap ordered by priority, then by position, so n symbols take O(n log n). A pair
/// that was overtaken by another merge stays in the heap and is recognized when it comes up. One
/// chain is reused for many words; not thread-safe.
final class MergeChain {
    /// What [Pairs#priority] answers for two symbols that do not merge.
    static final int NO_MERGE = Integer.MAX_VALUE;

    private static final long NO_PAIR = Long.MAX_VALUE;

    private int[] next = new int[0];
    private int[] previous = new int[0];

    /// By left symbol: the heap entry that is valid for it and its present right neighbour.
    private long[] pending = new long[0];

    private final LongHeap heap = new LongHeap();

    /// The symbols, known by their index in the row.
    interface Pairs {
        /// Least merges first; [MergeChain#NO_MERGE] never.
        int priority(int left, int right);

        /// Makes `left` the merged symbol; `right` is not asked for again.
        void merge(int left, int right);
    }

    /// Merges `count` symbols. Those that are left are 0 and what [#next] gives from there on.
    void run(int count, Pairs pairs) {
        reset(count);
        for (int left = 0; left + 1 < count; left++) {
            offer(left, left + 1, pairs);
        }
        while (!heap.isEmpty()) {
            long entry = heap.pop();
            int left = (int) entry;
            if (pending[left] != entry) {
                continue;
            }
            int right = next[left];
            pairs.merge(left, right);
            pending[right] = NO_PAIR;
            int after = next[right];
            next[left] = after;
            if (after >= 0) {
                previous[after] = left;
            }
            offer(left, after, pairs);
            offer(previous[left], left, pairs);
        }
    }

    /// The symbol after `index`, or -1.
    int next(int index) {
        return next[index];
    }

    private void offer(int left, int right, Pairs pairs) {
        if (left < 0) {
            return;
        }
        int priority = right < 0 ? NO_MERGE : pairs.priority(left, right);
        if (priority == NO_MERGE) {
            pending[left] = NO_PAIR;
            return;
        }
        long entry = ((long) priority << 32) | left;
        pending[left] = entry;
        heap.push(entry);
    }

    private void reset(int count) {
        if (next.length < count) {
            int capacity = Math.max(count, 64);
            next = new int[capacity];
            previous = new int[capacity];
            pending = new long[capacity];
        }
        for (int i = 0; i < count; i++) {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }
        Arrays.fill(pending, 0, count, NO_PAIR);
    }
}
