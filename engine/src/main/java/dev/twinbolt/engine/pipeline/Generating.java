package dev.twinbolt.engine.pipeline;

import java.util.concurrent.TimeUnit;

/// Which conversations are generating: those that wait for a token, and those that got one a moment
/// ago and will soon feed it. For one thread.
final class Generating {
    private static final long MOMENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long NEVER = -1;

    private final long[] fedNanos;
    private final long[] answeredNanos;

    Generating(int slots) {
        fedNanos = new long[slots];
        answeredNanos = new long[slots];
        for (int i = 0; i < slots; i++) {
            leave(i);
        }
    }

    void feed(int slot) {
        fedNanos[slot] = System.nanoTime();
        answeredNanos[slot] = NEVER;
    }

    void answer(int slot) {
        fedNanos[slot] = NEVER;
        answeredNanos[slot] = System.nanoTime();
    }

    void leave(int slot) {
        fedNanos[slot] = NEVER;
        answeredNanos[slot] = NEVER;
    }

    int count() {
        long now = System.nanoTime();
        int count = 0;
        for (int i = 0; i < fedNanos.length; i++) {
            boolean isFresh = answeredNanos[i] != NEVER && now - answeredNanos[i] < MOMENT_NANOS;
            count += fedNanos[i] != NEVER || isFresh ? 1 : 0;
        }
        return count;
    }

    /// How many share a pass where there are to be `groups` of them.
    int groupSize(int groups) {
        return Math.max(1, (count() + groups - 1) / groups);
    }

    /// How long to wait for those that got a token less than `nanos` ago and have not fed it yet.
    long patience(long nanos) {
        long now = System.nanoTime();
        long longest = 0;
        for (long answered : answeredNanos) {
            if (answered != NEVER) {
                longest = Math.max(longest, nanos - (now - answered));
            }
        }
        return longest;
    }
}
