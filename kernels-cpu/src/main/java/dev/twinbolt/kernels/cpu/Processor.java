package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.Nullable;

/// What an op computes with: threads that share its rows and, where the device runs native code,
/// the kernels. One op at a time.
final class Processor implements AutoCloseable {
    private final Workers workers;
    private final @Nullable NativeKernels kernels;
    private final @Nullable NativeMulMat mulMat;
    private final Dot dot;
    private final NativeArguments arguments = new NativeArguments();
    private final RopeTable ropeTable = new RopeTable();

    Processor(int threads, CpuVariant variant) {
        this.kernels = variant.isNative() ? NativeKernels.of(variant) : null;
        this.workers = new Workers(threads);
        this.dot = Dot.of(variant);
        this.mulMat = kernels != null ? new NativeMulMat(variant, kernels, workers) : null;
    }

    Workers workers() {
        return workers;
    }

    /// Null where plain Java computes everything.
    @Nullable NativeKernels kernels() {
        return kernels;
    }

    /// What Java's own matrix products are made of.
    Dot dot() {
        return dot;
    }

    /// Null where plain Java computes everything.
    @Nullable NativeMulMat mulMat() {
        return mulMat;
    }

    /// The arguments of the next native kernel, still without any.
    NativeArguments arguments() {
        return arguments.clear();
    }

    /// The angles of the last ROPE.
    RopeTable ropeTable() {
        return ropeTable;
    }

    /// Computes rows 0 to `count`, each about `workPerRow` nanoseconds of one thread, by `kernel`.
    void run(NativeKernel kernel, NativeArguments arguments, long count, long workPerRow) {
        long address = arguments.address();
        workers.share(
                count,
                workPerRow,
                (from, to) -> kernel.compute(address, from, to, (to - from) * workPerRow));
    }

    @Override
    public void close() {
        workers.close();
    }
}
