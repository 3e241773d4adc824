package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// CLAMP: min(max(a, min), max).
final class ClampCpu {
    private ClampCpu() {}

    static void compute(Tensor d, float min, float max, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        int n = out.columns();
        Kernels.forEachRow(
                d,
                n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    for (int i = 0; i < n; i++) {
                        x[i] = Math.min(Math.max(x[i], min), max);
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }
}
