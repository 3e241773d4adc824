package dev.twinbolt.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/// The most that this machine does of what kernels are made of, by one variant's instructions:
/// measured here and now, as machines of one name differ. Each is the best of a few short tries,
/// because other programs only take away.
///
/// @param readBytes read from memory, not from caches, per second
/// @param int8Ops multiplications and additions of bytes with 32-bit sums, per second
/// @param f32Ops multiplications and additions of F32, per second
public record CpuLimits(
        CpuVariant variant, int threads, double readBytes, double int8Ops, double f32Ops) {
    private static final int TRIES = 5;
    private static final long TRY_NANOS = 50_000_000;

    /// Bytes or multiply-adds of one call, which takes far less than a try.
    static final long STEP = 1 << 22;

    /// So many times the last cache is read before a byte comes again, so that few are still there.
    private static final int CACHES = 16;

    private static final FunctionDescriptor READ =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor PEAK =
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    /// Does some work as thread `thread` and returns how much.
    private interface Work {
        long step(int thread, long stepIndex) throws Throwable;
    }

    /// The variants that can be measured here, the slowest first; none where no native kernels run.
    public static List<CpuVariant> variants() {
        return CpuSupport.ofThisProcess().runnable().stream()
                .filter(CpuVariant::isNative)
                .sorted()
                .toList();
    }

    /// Why [#variants()] is empty, where it is.
    public static String unavailableReason() {
        return CpuSupport.ofThisProcess().nativeFailure();
    }

    /// Takes about a second.
    public static CpuLimits measure(CpuVariant variant, int threads) throws InterruptedException {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected 1 or more, got " + threads);
        }
        NativeLibrary library = NativeLibrary.load();
        MethodHandle read = library.handle(variant, "read", READ);
        MethodHandle int8 = library.handle(variant, "int8_peak", PEAK);
        MethodHandle f32 = library.handle(variant, "f32_peak", PEAK);
        return new CpuLimits(
                variant,
                threads,
                readRate(read, threads),
                opRate(int8, threads, System::nanoTime),
                opRate(f32, threads, System::nanoTime));
    }

    /// Ops per second of `peak`, which does as many multiply-adds as it is asked for, or a few
    /// more, and says how many: each is two.
    static double opRate(MethodHandle peak, int threads, LongSupplier nanoTime)
            throws InterruptedException {
        return 2 * best(threads, (thread, step) -> (long) peak.invokeExact(STEP), nanoTime);
    }

    /// Each thread reads a part of its own, over and over.
    private static double readRate(MethodHandle read, int threads) throws InterruptedException {
        long steps = Math.ceilDiv(CpuInfo.lastCacheBytes() * CACHES, threads * STEP);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(threads * steps * STEP, STEP);
            // Untouched pages may all be the same page of zeros.
            bytes.fill((byte) 1);
            long address = bytes.address();
            return best(
                    threads,
                    (thread, step) -> {
                        long part = thread * steps + step % steps;
                        return (long) read.invokeExact(address + part * STEP, STEP);
                    },
                    System::nanoTime);
        }
    }

    /// Work per second of all threads together, in the best try.
    private static double best(int threads, Work work, LongSupplier nanoTime)
            throws InterruptedException {
        double best = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < TRIES; i++) {
                best = Math.max(best, together(pool, threads, work, nanoTime));
            }
        }
        return best;
    }

    private static double together(
            ExecutorService pool, int threads, Work work, LongSupplier nanoTime)
            throws InterruptedException {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Callable<Double>> parts = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            parts.add(() -> rate(start, thread, work, nanoTime));
        }
        double sum = 0;
        for (Future<Double> part : pool.invokeAll(parts)) {
            try {
                sum += part.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a measurement failed", e);
            }
        }
        return sum;
    }

    private static double rate(CyclicBarrier start, int thread, Work work, LongSupplier nanoTime)
            throws InterruptedException, BrokenBarrierException {
        start.await();
        long begin = nanoTime.getAsLong();
        long done = 0;
        long nanos;
        long step = 0;
        do {
            try {
                done += work.step(thread, step++);
            } catch (Throwable e) {
                throw new IllegalStateException("a native function failed", e);
            }
            nanos = nanoTime.getAsLong() - begin;
        } while (nanos < TRY_NANOS);
        return 1e9 * done / nanos;
    }
}
