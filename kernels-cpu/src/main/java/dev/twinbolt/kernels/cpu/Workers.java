package dev.twinbolt.kernels.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Threads that share the rows of an op. Which thread computes a row changes nothing in its result.
///
/// An op's rows are cut into chunks, and every thread, the caller among them, claims the next chunk
/// until none is left. Nobody waits for a thread that has claimed nothing: one that the system lets
/// wait holds up an op by the chunk it is in, and if it is in none, not at all. Between ops threads
/// spin as long as that is cheaper than being woken, then park.
final class Workers implements AutoCloseable {
    /// Steps (about a nanosecond each) below which a chunk takes longer to hand over than to do.
    private static final long LEAST_WORK = 1 << 14;

    /// Small enough that threads of unequal speed end together, large enough that a chunk's rows
    /// are read as one stream.
    private static final int CHUNKS_PER_THREAD = 4;

    /// About what it costs to wake a thread.
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private static final long SHORTEST_SPIN_NANOS = 2_000;
    private static final int SPINS_PER_CLOCK = 32;
    private static final Rows NONE = (_, _) -> {};

    /// Computes rows `from` to `to` of an op.
    interface Rows {
        void compute(long from, long to);
    }

    private final Worker[] others;
    private final long longestSpinNanos;
    private final AtomicInteger unclaimed = new AtomicInteger();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile @Nullable Thread parkedCaller;
    private volatile boolean isClosed;

    // The op in progress. Written while no chunk is unclaimed or unfinished, read by who holds one.
    private Rows rows = NONE;
    private long rowCount;
    private long rowsPerChunk;
    private int chunkCount;

    Workers(int threads) {
        // Where threads outnumber processors, one that spins keeps another from working.
        boolean hasProcessors = threads <= Runtime.getRuntime().availableProcessors();
        longestSpinNanos = hasProcessors ? LONGEST_SPIN_NANOS : 0;
        others = new Worker[Math.max(0, threads - 1)];
        for (int i = 0; i < others.length; i++) {
            others[i] = new Worker(i);
        }
        for (Worker other : others) {
            other.thread.start();
        }
    }

    int threads() {
        return others.length + 1;
    }

    /// Computes `count` rows that cost `workPerRow` steps each, on as many threads as that is
    /// worth.
    void share(long count, long workPerRow, Rows rows) {
        share(count, 1, workPerRow, rows);
    }

    /// As [#share(long, long, Rows)], the rows cut at multiples of `granule` alone. One caller at a
    /// time. When it returns or throws no row is being computed any more, and it throws what the
    /// first row to fail threw.
    void share(long count, int granule, long workPerRow, Rows rows) {
        long chunk = chunkRows(count, granule, workPerRow);
        if (chunk >= count) {
            rows.compute(0, count);
            return;
        }
        this.rows = rows;
        rowCount = count;
        rowsPerChunk = chunk;
        chunkCount = Math.toIntExact((count + chunk - 1) / chunk);
        unfinished.set(chunkCount);
        unclaimed.set(chunkCount);
        wake(chunkCount - 1);
        work();
        awaitOthers();
        this.rows = NONE;
        Throwable thrown = failure.get();
        if (thrown != null) {
            failure.set(null);
            rethrow(thrown);
        }
    }

    private long chunkRows(long count, int granule, long workPerRow) {
        if (others.length == 0) {
            return count;
        }
        long worthwhile =
                Math.multiplyHigh(count, workPerRow) != 0
                        ? Long.MAX_VALUE
                        : count * workPerRow / LEAST_WORK;
        long chunks = Math.min((long) CHUNKS_PER_THREAD * threads(), Math.max(1, worthwhile));
        long granules = (count + granule - 1) / granule;
        return (granules + chunks - 1) / chunks * granule;
    }

    private void wake(int helpers) {
        for (int i = 0; i < helpers && i < others.length; i++) {
            others[i].wake();
        }
    }

    /// Claims and computes chunks until none is left.
    private void work() {
        for (int left = unclaimed.get(); left > 0; left = unclaimed.get()) {
            if (unclaimed.compareAndSet(left, left - 1)) {
                compute(chunkCount - left);
            }
        }
    }

    private void compute(int chunk) {
        try {
            if (failure.get() == null) {
                long from = chunk * rowsPerChunk;
                rows.compute(from, Math.min(rowCount, from + rowsPerChunk));
            }
        } catch (Throwable t) {
            failure.compareAndSet(null, t);
        }
        if (unfinished.decrementAndGet() == 0) {
            LockSupport.unpark(parkedCaller);
        }
    }

    /// Every chunk ends before the op does, or a late one would write into the next op's memory.
    private void awaitOthers() {
        if (spin(unfinished, false, longestSpinNanos)) {
            return;
        }
        // Parked, the caller leaves its processor to a thread that still has a chunk to finish.
        parkedCaller = Thread.currentThread();
        boolean isInterrupted = false;
        while (unfinished.get() != 0) {
            LockSupport.park(this);
            isInterrupted |= Thread.interrupted();
        }
        parkedCaller = null;
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether `count` came to be above 0, or 0, within `nanos`.
    private static boolean spin(AtomicInteger count, boolean isAboveZero, long nanos) {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_PER_CLOCK; i++) {
                if (count.get() > 0 == isAboveZero) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < nanos);
        return false;
    }

    private static void rethrow(Throwable thrown) {
        switch (thrown) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    /// Ends the threads. The last op has ended.
    @Override
    public void close() {
        isClosed = true;
        for (Worker other : others) {
            LockSupport.unpark(other.thread);
        }
    }

    /// One thread beside the caller.
    private final class Worker {
        private final Thread thread;
        private volatile boolean isParked;
        private long spinNanos = longestSpinNanos;

        Worker(int index) {
            thread = Thread.ofPlatform().daemon().name("cpu-worker-" + index).unstarted(this::run);
        }

        void wake() {
            if (isParked) {
                isParked = false;
                LockSupport.unpark(thread);
            }
        }

        private void run() {
            while (awaitWork()) {
                work();
            }
        }

        /// False once the workers are closed.
        private boolean awaitWork() {
            long start = System.nanoTime();
            if (spin(unclaimed, true, spinNanos)) {
                spinNanos = longestSpinNanos;
                return true;
            }
            isParked = true;
            while (unclaimed.get() == 0 && !isClosed) {
                LockSupport.park(Workers.this);
                // Who woke it took the sign down, and the work may be gone already.
                isParked = true;
            }
            isParked = false;
            // Work that came soon after all will come soon again.
            boolean cameSoon = System.nanoTime() - start < longestSpinNanos;
            spinNanos = cameSoon ? longestSpinNanos : Math.max(SHORTEST_SPIN_NANOS, spinNanos / 2);
            return !isClosed;
        }
    }
}
