package dev.twinbolt.engine.pipeline;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// One conversation's tokens on a pipeline: feed tokens, get the logits of what could follow. Not
/// for use by several threads at once; several sessions may be.
public final class Session implements AutoCloseable {
    private final Scheduler scheduler;
    private final int slot;
    private final int contextLength;
    private final int vocabSize;
    private final IntConsumer release;
    private final long[] stagePasses;
    private final long[] stageNanos;
    private volatile int position;
    private long computingNanos;
    private boolean isClosed;

    /// `release` is given the slot back.
    Session(Scheduler scheduler, int slot, int contextLength, int vocabSize, IntConsumer release) {
        this.scheduler = scheduler;
        this.slot = slot;
        this.contextLength = contextLength;
        this.vocabSize = vocabSize;
        this.release = release;
        this.stagePasses = new long[scheduler.stageCount()];
        this.stageNanos = new long[scheduler.stageCount()];
    }

    /// Tokens in the context so far; may be asked from any thread.
    public int position() {
        return position;
    }

    public int contextLength() {
        return contextLength;
    }

    /// Forgets all tokens but the first `length`; what was allocated stays.
    public void truncate(int length) {
        if (length < 0 || length > position) {
            throw new IllegalArgumentException(
                    "a context of %d tokens cannot be cut to %d".formatted(position, length));
        }
        position = length;
    }

    /// Feeds `tokens`, at least one, and returns the logits after the last.
    public float[] prefill(int[] tokens) throws InterruptedException {
        return logits(tokens, 1, () -> false)[0];
    }

    /// As [#prefill(int[])], but asks before each micro-batch, on another thread, whether to stop
    /// there: then there are no logits, and [#position()] says how much was fed.
    public float @Nullable [] prefill(int[] tokens, BooleanSupplier isCancelled)
            throws InterruptedException {
        float[][] logits = logits(tokens, 1, isCancelled);
        return logits.length == 0 ? null : logits[0];
    }

    /// Feeds one token and returns the logits after it.
    public float[] decode(int token) throws InterruptedException {
        return logits(new int[] {token}, 1, () -> false)[0];
    }

    /// Feeds `tokens` and returns the logits after each of them, one row per token.
    public float[][] prefillAll(int[] tokens) throws InterruptedException {
        return logits(tokens, tokens.length, () -> false);
    }

    /// The last `rows` rows, none where it was cancelled.
    private float[][] logits(int[] tokens, int rows, BooleanSupplier isCancelled)
            throws InterruptedException {
        check(tokens);
        long start = System.nanoTime();
        int first = position;
        Feed feed =
                new Feed(
                        slot,
                        first,
                        tokens,
                        rows,
                        isCancelled,
                        count -> position = first + count,
                        scheduler.stageCount());
        scheduler.submit(feed);
        await(feed);
        for (int i = 0; i < stagePasses.length; i++) {
            stagePasses[i] += feed.passes(i);
            stageNanos[i] += feed.nanos(i);
        }
        computingNanos += System.nanoTime() - start;
        if (feed.fed() < tokens.length) {
            return new float[0][];
        }
        float[][] logits = new float[rows][];
        for (int i = 0; i < rows; i++) {
            MemorySegment row = feed.logits()[i];
            logits[i] = row.toArray(ValueLayout.JAVA_FLOAT);
        }
        return logits;
    }

    private void check(int[] tokens) {
        if (isClosed) {
            throw new IllegalStateException("the conversation was closed");
        }
        if (tokens.length == 0) {
            throw new IllegalArgumentException("no tokens to feed");
        }
        for (int token : tokens) {
            if (token < 0 || token >= vocabSize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(token, vocabSize));
            }
        }
        if (tokens.length > contextLength - position) {
            throw new ContextFullException(contextLength, position, tokens.length);
        }
    }

    private void await(Feed feed) throws InterruptedException {
        try {
            feed.done().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            scheduler.cancel(feed);
            feed.done().exceptionally(_ -> null).join(); // soon: nothing of it is waited for
            throw e;
        }
    }

    /// What each stage did so far.
    public List<StageStats> stats() {
        List<StageStats> stats = new ArrayList<>();
        for (int i = 0; i < stagePasses.length; i++) {
            Stage stage = scheduler.stage(i);
            stats.add(
                    new StageStats(
                            stage.device().name(),
                            stage.range(),
                            stagePasses[i],
                            stageNanos[i],
                            Math.max(0, computingNanos - stageNanos[i])));
        }
        return stats;
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            scheduler.leave(slot);
            release.accept(slot);
        }
    }
}
