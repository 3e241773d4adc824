package dev.twinbolt.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

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
        List<CompletableFuture<Void>> others = new ArrayList<>();
        Throwable failure = null;
        try {
            for (long i = 1; i < parts; i++) {
                long from = count * i / parts;
                long to = count * (i + 1) / parts;
                others.add(CompletableFuture.runAsync(() -> rows.compute(from, to), pool));
            }
            rows.compute(0, count / parts);
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        // Every part ends before the op does, or a failed one would write into the next op's
        // memory.
        for (CompletableFuture<Void> other : others) {
            try {
                other.join();
            } catch (CompletionException e) {
                failure = e.getCause();
            }
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    @Override
    public void close() {
        pool.shutdown();
    }
}
