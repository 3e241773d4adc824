package dev.twinbolt.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Threads that share the rows of an op. Which thread computes a row changes nothing in its result.
final class Workers implements AutoCloseable {
    /// Below this many multiplications or copies a thread takes longer to wake than to work.
    private static final long LEAST_WORK = 1 << 14;

    /// Computes rows `from` to `to` of an op.
    interface Rows {
        void compute(long from, long to);
    }

    private final int threads;
    private final ExecutorService pool;

    Workers(int threads) {
        this.threads = threads;
        this.pool =
                Executors.newFixedThreadPool(
                        Math.max(1, threads - 1),
                        Thread.ofPlatform().daemon().name("cpu-worker-", 0).factory());
    }

    int threads() {
        return threads;
    }

    /// Computes `count` rows that cost `workPerRow` steps each, on as many threads as that is
    /// worth.
    void share(long count, long workPerRow, Rows rows) {
        long parts = Math.min(threads, Math.min(count, count * workPerRow / LEAST_WORK + 1));
        if (parts <= 1) {
            rows.compute(0, count);
            return;
        }
        List<Future<?>> others = new ArrayList<>();
        for (long i = 1; i < parts; i++) {
            long from = count * i / parts;
            long to = count * (i + 1) / parts;
            others.add(pool.submit(() -> rows.compute(from, to)));
        }
        RuntimeException failure = null;
        Error error = null;
        try {
            rows.compute(0, count / parts);
        } catch (RuntimeException e) {
            failure = e;
        } catch (Error e) {
            error = e;
        }
        // Every part ends before the op does, or a failed one would write into the next op's
        // memory.
        for (Future<?> other : others) {
            try {
                other.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    failure = cause;
                } else if (e.getCause() instanceof Error cause) {
                    error = cause;
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("the device's threads are never interrupted", e);
            }
        }
        if (error != null) {
            throw error;
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        pool.shutdown();
    }
}
