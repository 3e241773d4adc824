package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import java.util.Arrays;

/// FILL: every element is `value`.
final class FillCpu {
    private FillCpu() {}

    static void compute(Tensor d, float value, Processor cpu) {
        TensorData out = new TensorData(d);
        int n = out.columns();
        Kernels.forEachRow(
                d,
                n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    Arrays.fill(x, value);
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }
}
