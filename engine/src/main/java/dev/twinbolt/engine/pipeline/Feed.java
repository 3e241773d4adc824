package dev.twinbolt.engine.pipeline;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/// Tokens that one conversation wants fed, and what came of them. Once [#done()] is, it belongs to
/// whoever waited; before, to the scheduler.
final class Feed {
    private final int slot;
    private final int position;
    private final int[] tokens;
    private final MemorySegment[] logits;
    private final BooleanSupplier isCancelled;
    private final IntConsumer onArrival;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final StageWork[] work;
    private int launched;
    private int arrived;

    /// @param position of the first token
    /// @param rows the last tokens whose logits are wanted
    /// @param isCancelled asked before each pass whether to stop there
    /// @param onArrival told how many tokens have gone through all stages by now
    Feed(
            int slot,
            int position,
            int[] tokens,
            int rows,
            BooleanSupplier isCancelled,
            IntConsumer onArrival,
            int stages) {
        this.slot = slot;
        this.position = position;
        this.tokens = tokens;
        this.logits = new MemorySegment[rows];
        this.isCancelled = isCancelled;
        this.onArrival = onArrival;
        this.work = new StageWork[stages];
        Arrays.fill(work, StageWork.NONE);
    }

    int slot() {
        return slot;
    }

    CompletableFuture<Void> done() {
        return done;
    }

    int length() {
        return tokens.length;
    }

    int left() {
        return tokens.length - launched;
    }

    /// Tokens that went through all stages.
    int fed() {
        return arrived;
    }

    boolean isInFlight() {
        return launched > arrived;
    }

    boolean isCancelled() {
        return isCancelled.getAsBoolean();
    }

    int nextPosition() {
        return position + launched;
    }

    /// How many of the next `count` tokens have their logits wanted.
    int wanted(int count) {
        int end = launched + count;
        return Math.max(0, end - Math.max(launched, tokens.length - logits.length));
    }

    /// Copies the next `count` tokens and counts them as under way.
    void launch(int count, int[] to, int at) {
        System.arraycopy(tokens, launched, to, at, count);
        launched += count;
    }

    /// `count` tokens have gone through all stages; `rows` are the logits of the last of them. A
    /// feed that failed or was given up is left as it is.
    void arrive(int count, MemorySegment[] rows) {
        if (done.isDone()) {
            return;
        }
        arrived += count;
        onArrival.accept(arrived);
        if (rows.length > 0) {
            int end = arrived - (tokens.length - logits.length);
            System.arraycopy(rows, 0, logits, end - rows.length, rows.length);
        }
    }

    void count(int stage, StageWork more) {
        work[stage] = work[stage].plus(more);
    }

    MemorySegment[] logits() {
        return logits;
    }

    StageWork work(int stage) {
        return work[stage];
    }
}
