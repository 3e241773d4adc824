package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// SUM_ROWS: the sum of each row, in F64, rounded once.
final class SumRowsCpu {
    private SumRowsCpu() {}

    static void compute(Tensor d, Processor cpu) {
        TensorData a = new TensorData(d.source(0));
        TensorData out = new TensorData(d);
        int n = a.columns();
        Kernels.forEachRow(
                d,
                n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    double sum = 0;
                    for (int i = 0; i < n; i++) {
                        sum += x[i];
                    }
                    out.putFloat32(0, i1, i2, i3, (float) sum);
                });
    }
}
