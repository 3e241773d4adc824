package dev.twinbolt.kernels.cpu;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Threads that share the rows of an op. Which thread computes a row changes nothing in its result.
///
/// Every thread, the caller among them, claims a chunk of an op's rows, large ones first and ever
/// smaller ones, until none is left: large ones are read as one stream, and small ones let threads
/// of unequal speed end together. Nobody waits for a thread that has claimed nothing: one that the
/// system lets wait holds up an op by the chunk it is in, and if it is in none, not at all. Between
/// ops threads spin as long as that is cheaper than being woken, then park.
final class Workers implements AutoCloseable {
    /// Steps (about a nanosecond each) below which a chunk takes longer to hand over than to do.
    private static final long LEAST_WORK = 1 << 12;

    /// A chunk is this part of a thread's even share of the rows that are left.
    private static final int PARTS_OF_A_SHARE = 2;

    /// Rows left of an op are in the lower bits of a counter, the op's number above them, so that
    /// nobody who was kept waiting claims rows of another op by the size of chunk of his.
    private static final int ROW_BITS = 40;

    private static final long ROW_MASK = (1L << ROW_BITS) - 1;

    /// About what it costs to wake a thread.
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private static final long SHORTEST_SPIN_NANOS = 2_000;
    private static final int SPINS_PER_CLOCK = 32;
    private static final Rows NONE = (_, _) -> {};

    /// The most steps of a chunk that is to end soon after its computation was cancelled.
    private static final long MOST_WORK = 1 << 26;

    private static final BooleanSupplier NEVER = () -> false;

    /// Computes rows `from` to `to` of an op.
    interface Rows {
        void compute(long from, long to);
    }

    private final Worker[] others;
    private final long longestSpinNanos;
    private final AtomicLong unclaimed = new AtomicLong();
    private final AtomicLong unfinished = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile @Nullable Thread parkedCaller;
    private volatile boolean isClosed;

    // The op in progress. Written while no row is unclaimed or unfinished, read by who claimed one.
    private Rows rows = NONE;
    private BooleanSupplier isUnwanted = NEVER;
    private long rowCount;
    private long leastRows;
    private long mostRows;
    private long op;

    /// Set by who shares.
    private BooleanSupplier isCancelled = NEVER;

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
        share(count, granule, workPerRow, Long.MAX_VALUE, NEVER, rows);
    }

    /// From here on computations are those that `isCancelled` tells of.
    void cancelWhen(BooleanSupplier isCancelled) {
        this.isCancelled = isCancelled;
    }

    /// As [#share(long, int, long, Rows)], but once the computation is cancelled, rows that nobody
    /// has begun are left out. For rows that nobody needs then: a result, and no table that is
    /// kept.
    void shareUntilCancelled(long count, int granule, long workPerRow, Rows rows) {
        long granules = MOST_WORK / Math.max(1, workPerRow) / granule;
        share(count, granule, workPerRow, Math.max(1, granules) * granule, isCancelled, rows);
    }

    private void share(
            long count, int granule, long workPerRow, long most, BooleanSupplier until, Rows rows) {
        long least = leastRows(granule, workPerRow);
        if (others.length == 0 || least >= count || count > ROW_MASK) {
            for (long from = 0; from < count && !until.getAsBoolean(); ) {
                long to = from + Math.min(most, count - from);
                rows.compute(from, to);
                from = to;
            }
            return;
        }
        this.rows = rows;
        isUnwanted = until;
        rowCount = count;
        leastRows = least;
        mostRows = most;
        op++;
        unfinished.set(count);
        unclaimed.set(op << ROW_BITS | count);
        wake(Math.ceilDiv(count, least) - 1);
        work();
        awaitOthers();
        this.rows = NONE;
        isUnwanted = NEVER;
        Throwable thrown = failure.get();
        if (thrown != null) {
            failure.set(null);
            rethrow(thrown);
        }
    }

    /// The smallest chunk that is worth handing over, in whole granules.
    private static long leastRows(int granule, long workPerRow) {
        long rows = Math.ceilDiv(LEAST_WORK, Math.max(1, workPerRow));
        return Math.ceilDiv(rows, granule) * granule;
    }

    /// How many rows to claim where `left` are left: a multiple of the least, but for the last.
    private long chunkRows(long left) {
        long part = left / ((long) PARTS_OF_A_SHARE * threads());
        return Math.min(left, Math.min(mostRows, Math.max(1, part / leastRows) * leastRows));
    }

    private void wake(long helpers) {
        for (int i = 0; i < helpers && i < others.length; i++) {
            others[i].wake();
        }
    }

    /// Claims and computes chunks until no row is left.
    private void work() {
        for (long seen = unclaimed.get(); (seen & ROW_MASK) > 0; seen = unclaimed.get()) {
            long left = seen & ROW_MASK;
            long count = chunkRows(left);
            if (unclaimed.compareAndSet(seen, seen - count)) {
                long from = rowCount - left;
                compute(from, from + count);
            }
        }
    }

    private void compute(long from, long to) {
        try {
            if (failure.get() == null && !isUnwanted.getAsBoolean()) {
                rows.compute(from, to);
            }
        } catch (Throwable t) {
            failure.compareAndSet(null, t);
        }
        if (unfinished.addAndGet(from - to) == 0) {
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
    private static boolean spin(AtomicLong count, boolean isAboveZero, long nanos) {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_PER_CLOCK; i++) {
                if ((count.get() & ROW_MASK) > 0 == isAboveZero) {
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
            while ((unclaimed.get() & ROW_MASK) == 0 && !isClosed) {
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
