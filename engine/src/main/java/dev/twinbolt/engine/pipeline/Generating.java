package dev.twinbolt.engine.pipeline;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/// Which conversations have the pipeline at work, and which of them generate, token by token: those
/// that wait for a token, and those that got one a moment ago and will soon feed it. For one
/// thread.
final class Generating {
    private static final long MOMENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum State {
        AWAY,
        PROMPT,
        TOKEN,
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

    /// Slot `slot` waits for what comes after so many tokens.
    void feed(int slot, int tokens) {
        states[slot] = tokens == 1 ? State.TOKEN : State.PROMPT;
    }

    void answer(int slot) {
        states[slot] = State.ANSWERED;
        answeredNanos[slot] = nanoTime.getAsLong();
    }

    void leave(int slot) {
        states[slot] = State.AWAY;
    }

    /// Conversations that are at work, be it on a prompt.
    int count() {
        int count = 0;
        for (int i = 0; i < states.length; i++) {
            count += states[i] == State.PROMPT || generates(i) ? 1 : 0;
        }
        return count;
    }

    /// The slots that share a pass with `slot`, where there are to be at most `most` groups, as
    /// equal as they can be: neighbours, as a pass computes what lies between its slots as well.
    BitSet group(int slot, int most) {
        int[] all =
                IntStream.range(0, states.length).filter(i -> i == slot || generates(i)).toArray();
        int groups = Math.min(most, all.length);
        int own = Arrays.binarySearch(all, slot) * groups / all.length;
        BitSet members = new BitSet();
        for (int i = 0; i < all.length; i++) {
            members.set(all[i], i * groups / all.length == own);
        }
        return members;
    }

    /// How long to wait for those of `group` that got a token less than `nanos` ago and have not
    /// fed it yet.
    long patience(BitSet group, long nanos) {
        return group.stream().mapToLong(slot -> left(slot, nanos)).max().orElse(0);
    }

    private boolean generates(int slot) {
        return states[slot] == State.TOKEN || left(slot, MOMENT_NANOS) > 0;
    }

    /// What is left of `nanos` since the answer; 0 where there is none that was not fed yet.
    private long left(int slot, long nanos) {
        return states[slot] == State.ANSWERED
                ? Math.max(0, nanos - (nanoTime.getAsLong() - answeredNanos[slot]))
                : 0;
    }
}
