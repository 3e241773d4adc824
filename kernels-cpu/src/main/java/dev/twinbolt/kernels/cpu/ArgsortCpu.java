package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import java.util.Arrays;

/// ARGSORT: the order of each row's indices; of equal values the lower index comes first, NaN
/// counts as the largest.
final class ArgsortCpu {
    private ArgsortCpu() {}

    static void compute(Tensor d, boolean descending, Processor cpu) {
        TensorData a = new TensorData(d.source(0));
        TensorData out = new TensorData(d);
        int n = out.columns();
        Kernels.forEachRow(
                d,
                20L * n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    long[] keys = new long[n];
                    for (int i = 0; i < n; i++) {
                        keys[i] = (long) sortable(x[i], descending) << 32 | i;
                    }
                    Arrays.sort(keys);
                    for (int i = 0; i < n; i++) {
                        out.putInt32(i, i1, i2, i3, (int) keys[i]);
                    }
                });
    }

    /// An integer that sorts as the float does; 0 and −0 are one value.
    private static int sortable(float value, boolean descending) {
        int bits = Float.floatToIntBits(value + 0f);
        int ascending = bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
        return descending ? ~ascending : ascending;
    }
}
