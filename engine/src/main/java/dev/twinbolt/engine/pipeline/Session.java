package dev.twinbolt.engine.pipeline;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One conversation's tokens on a pipeline: feed tokens, get the logits of what could follow. Not
/// for use by several threads at once.
public final class Session implements AutoCloseable {
    private final List<StageRun> runs;
    private final int contextLength;
    private final int microBatch;
    private final int vocabSize;
    private int position;
    private long computingNanos;

    Session(
            List<Stage> stages,
            CompletableFuture<?> loss,
            int contextLength,
            int microBatch,
            int vocabSize) {
        this.contextLength = contextLength;
        this.microBatch = microBatch;
        this.vocabSize = vocabSize;
        this.runs = new ArrayList<>();
        try {
            for (Stage stage : stages) {
                runs.add(new StageRun(stage, loss, contextLength));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /// Tokens in the context so far.
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

    /// As [#prefill(int[])], but asks before each micro-batch whether to stop there: then there are
    /// no logits, and [#position()] says how much was fed.
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
        long start = System.nanoTime();
        float[][] logits = new float[rows][];
        int firstWanted = tokens.length - rows;
        for (int done = 0; done < tokens.length; done += microBatch) {
            if (isCancelled.getAsBoolean()) {
                computingNanos += System.nanoTime() - start;
                return new float[0][];
            }
            int n = Math.min(microBatch, tokens.length - done);
            int wanted = Math.max(0, done + n - Math.max(done, firstWanted));
            // A stage with a head computes at least one row, so that every pass has the same graph
            // shape.
            MemorySegment output = forward(tokens, done, n, Math.max(1, wanted));
            for (int i = 0; i < wanted; i++) {
                long offset = 4L * vocabSize * i;
                logits[done + n - wanted + i - firstWanted] =
                        output.asSlice(offset, 4L * vocabSize).toArray(ValueLayout.JAVA_FLOAT);
            }
            position += n;
        }
        computingNanos += System.nanoTime() - start;
        return logits;
    }

    private MemorySegment forward(int[] tokens, int first, int n, int outputs)
            throws InterruptedException {
        MemorySegment x = Arena.ofAuto().allocate(4L * n, 4);
        MemorySegment.copy(tokens, first, x, ValueLayout.JAVA_INT, 0, n);
        for (StageRun run : runs) {
            x = run.forward(x, n, position, outputs);
        }
        return x;
    }

    /// What each stage did so far.
    public List<StageStats> stats() {
        return runs.stream().map(run -> run.stats(computingNanos)).toList();
    }

    @Override
    public void close() {
        runs.forEach(StageRun::close);
        runs.clear();
    }
}
