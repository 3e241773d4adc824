package dev.twinbolt.engine.pipeline;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Which conversations are generating: those that wait for a token, and those that got one a moment
/// ago and will soon feed it. For one thread.
final class Generating {
    private static final long MOMENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum State {
        AWAY,
        WAITING,
        ANSWERED
    }

    private final State[] states;
    private final long[] answeredNanos;
    private final LongSupplier nanoTime;

    /// `nanoTime` is the clock.
    Generating(int slots, LongSupplier nanoTime) {
        states = new State[slots];
        Arrays.fill(states, State.AWAY);
        answeredNanos = new long[slots];
        this.nanoTime = nanoTime;
    }

    void feed(int slot) {
        states[slot] = State.WAITING;
    }

    void answer(int slot) {
        states[slot] = State.ANSWERED;
        answeredNanos[slot] = nanoTime.getAsLong();
    }

    void leave(int slot) {
        states[slot] = State.AWAY;
    }

    int count() {
        int count = 0;
        for (int i = 0; i < states.length; i++) {
            count += states[i] == State.WAITING || left(i, MOMENT_NANOS) > 0 ? 1 : 0;
        }
        return count;
    }

    /// How many share a pass where there are to be `groups` of them.
    int groupSize(int groups) {
        return Math.max(1, (count() + groups - 1) / groups);
    }

    /// How long to wait for those that got a token less than `nanos` ago and have not fed it yet.
    long patience(long nanos) {
        long longest = 0;
        for (int i = 0; i < states.length; i++) {
            longest = Math.max(longest, left(i, nanos));
        }
        return longest;
    }

    /// What is left of `nanos` since the answer; 0 where there is none that was not fed yet.
    private long left(int slot, long nanos) {
        return states[slot] == State.ANSWERED
                ? Math.max(0, nanos - (nanoTime.getAsLong() - answeredNanos[slot]))
                : 0;
    }
}
