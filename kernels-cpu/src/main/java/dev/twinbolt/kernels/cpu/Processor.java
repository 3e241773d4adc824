package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.Nullable;

/// What an op computes with: threads that share its rows, and native kernels where the variant has
/// them.
record Processor(Workers workers, @Nullable NativeMulMat mulMat) implements AutoCloseable {
    static Processor of(CpuVariant variant, int threads) {
        Workers workers = new Workers(threads);
        return new Processor(
                workers, variant.isNative() ? new NativeMulMat(variant, workers) : null);
    }

    @Override
    public void close() {
        workers.close();
    }
}
