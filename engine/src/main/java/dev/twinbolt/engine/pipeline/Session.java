package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.DeviceException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One conversation's tokens on a pipeline: feed tokens, get the logits of what could follow. Not
/// for use by several threads at once; several sessions may be.
///
/// Where a device is lost and the pipeline recovers, the tokens so far are fed again, and nobody
/// notices but by the time that it takes.
public final class Session implements AutoCloseable {
    private static final float[][] NONE = {};

    private final Pipeline pipeline;
    private final int slot;
    private final SessionStats stats = new SessionStats();

    /// The tokens of the context, and behind them those that are being fed.
    private int[] tokens = new int[256];

    /// How many tokens the context has.
    private volatile int position;

    /// How many of them have their K and V in the cache of `stages`; the others are fed again
    /// before any other.
    private volatile int cached;

    private @Nullable LoadedStages stages;
    private boolean isClosed;

    /// Gives `slot` back to `pipeline` at its end.
    Session(Pipeline pipeline, int slot) {
        this.pipeline = pipeline;
        this.slot = slot;
        stats.meet(pipeline.scheduler());
    }

    /// Tokens in the context so far; may be asked from any thread.
    public int position() {
        return position;
    }

    public int contextLength() {
        return pipeline.contextLength();
    }

    /// Forgets all tokens but the first `length`; what was allocated stays.
    public void truncate(int length) {
        if (length < 0 || length > position) {
            throw new IllegalArgumentException(
                    "a context of %d tokens cannot be cut to %d".formatted(position, length));
        }
        position = length;
        cached = Math.min(cached, length);
    }

    /// Writes the tokens of the context, with their K and V, to `file`, which appears whole or not
    /// at all; `unfed` are known to follow them. `fingerprint` is the model's. Where a lost device
    /// is waited for, that ends with `isCancelled`.
    ///
    /// @throws DeviceException where a device fails, or is lost and not replaced
    public void save(Path file, String fingerprint, int[] unfed, BooleanSupplier isCancelled)
            throws IOException, InterruptedException {
        checkOpen();
        int[] known = Arrays.copyOf(tokens, position + unfed.length);
        System.arraycopy(unfed, 0, known, position, unfed.length);
        withCache(
                isCancelled,
                cache -> {
                    SessionHeader header =
                            SessionHeader.of(fingerprint, cache.layers(), position, known.length);
                    SessionWriter.write(file, header, known, cache);
                });
    }

    /// Makes an empty context hold what was saved. Throws [SessionFileException], with the context
    /// still empty, where that is not for this pipeline or for a model of another fingerprint.
    ///
    /// @throws DeviceException where a device fails, or is lost and not replaced
    public void restore(SavedSession saved, String fingerprint) throws InterruptedException {
        checkOpen();
        if (position != 0) {
            throw new IllegalStateException("%d tokens are in the context".formatted(position));
        }
        int vocabSize = pipeline.model().architecture().vocabSize();
        withCache(
                () -> false,
                cache -> {
                    saved.check(fingerprint, cache.layers(), contextLength(), vocabSize);
                    saved.copyTo(cache);
                    tokens = saved.tokens();
                    cached = saved.cells();
                    position = saved.cells();
                });
    }

    private interface CacheWork<X extends Exception> {
        void on(SlotCache cache) throws X, InterruptedException;
    }

    /// Does `work` on the slot's cache, which has all tokens of the context and stays where it is
    /// meanwhile; again where a device was lost and replaced.
    private <X extends Exception> void withCache(BooleanSupplier isCancelled, CacheWork<X> work)
            throws X, InterruptedException {
        while (true) {
            LoadedStages working = working(isCancelled);
            if (working == null) {
                throw new DeviceException.Lost("a device was lost, and is waited for no longer");
            }
            try {
                if (cached < position) {
                    feed(working.scheduler(), position, 1, () -> false);
                }
                Lock lock = working.cacheLock();
                lock.lock();
                try {
                    if (working.failure() == null) {
                        work.on(await(working.scheduler().cache(slot)));
                        return;
                    }
                } finally {
                    lock.unlock();
                }
            } catch (DeviceException.Lost e) {
                working.fail(e);
            }
        }
    }

    /// Feeds `tokens`, at least one, and returns the logits after the last.
    public float[] prefill(int[] tokens) throws InterruptedException {
        return logits(tokens, 1, () -> false)[0];
    }

    /// As [#prefill(int[])], but asks before each micro-batch, on another thread, whether to stop
    /// there: then there are no logits, and [#position()] says how much was fed. Also asks now and
    /// then while a lost device is waited for.
    public float @Nullable [] prefill(int[] tokens, BooleanSupplier isCancelled)
            throws InterruptedException {
        float[][] logits = logits(tokens, 1, isCancelled);
        return logits.length == 0 ? null : logits[0];
    }

    /// Feeds one token and returns the logits after it.
    public float[] decode(int token) throws InterruptedException {
        return logits(new int[] {token}, 1, () -> false)[0];
    }

    /// Feeds `tokens` and returns the logits after each of them, one row per token; none where it
    /// was cancelled, as in [#prefill(int[], BooleanSupplier)].
    public float[][] prefillAll(int[] tokens, BooleanSupplier isCancelled)
            throws InterruptedException {
        return logits(tokens, tokens.length, isCancelled);
    }

    /// The last `rows` rows, none where it was cancelled.
    private float[][] logits(int[] more, int rows, BooleanSupplier isCancelled)
            throws InterruptedException {
        check(more);
        int end = position + more.length;
        if (end > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(end, 2 * tokens.length));
        }
        System.arraycopy(more, 0, tokens, position, more.length);
        while (true) {
            LoadedStages working = working(isCancelled);
            if (working == null) {
                return NONE;
            }
            try {
                return feed(working.scheduler(), end, rows, isCancelled);
            } catch (DeviceException.Lost e) {
                working.fail(e);
            }
        }
    }

    /// What can be fed; null once `isCancelled`. Of other stages than before no cache knows a
    /// token.
    private @Nullable LoadedStages working(BooleanSupplier isCancelled)
            throws InterruptedException {
        LoadedStages working = pipeline.working(isCancelled);
        if (working != null && working != stages) {
            stages = working;
            cached = 0;
        }
        return working;
    }

    /// Feeds the tokens up to `end` of which nothing is cached.
    private float[][] feed(Scheduler scheduler, int end, int rows, BooleanSupplier isCancelled)
            throws InterruptedException {
        long start = System.nanoTime();
        int first = cached;
        Feed feed =
                new Feed(
                        slot,
                        first,
                        Arrays.copyOfRange(tokens, first, end),
                        rows,
                        isCancelled,
                        count -> {
                            cached = first + count;
                            position = Math.max(position, cached);
                        },
                        scheduler.stageCount());
        scheduler.submit(feed);
        try {
            await(feed.done());
        } catch (InterruptedException e) {
            scheduler.cancel(feed);
            feed.done().exceptionally(_ -> null).join(); // soon: nothing of it is waited for
            throw e;
        } finally {
            stats.add(scheduler, feed, System.nanoTime() - start);
        }
        if (feed.fed() < feed.length()) {
            return NONE;
        }
        float[][] logits = new float[rows][];
        for (int i = 0; i < rows; i++) {
            MemorySegment row = feed.logits()[i];
            logits[i] = row.toArray(ValueLayout.JAVA_FLOAT);
        }
        return logits;
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("the conversation was closed");
        }
    }

    private void check(int[] more) {
        checkOpen();
        if (more.length == 0) {
            throw new IllegalArgumentException("no tokens to feed");
        }
        int vocabSize = pipeline.model().architecture().vocabSize();
        for (int token : more) {
            if (token < 0 || token >= vocabSize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(token, vocabSize));
            }
        }
        if (more.length > contextLength() - position) {
            throw new ContextFullException(contextLength(), position, more.length);
        }
    }

    private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /// What each stage did so far.
    public List<StageStats> stats() {
        return stats.list();
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            pipeline.release(slot);
        }
    }
}
