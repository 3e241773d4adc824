package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// RMS_NORM: a / √(mean of a² over the row + ε), the sum in F64.
final class RmsNormCpu {
    private RmsNormCpu() {}

    static void compute(Tensor d, float epsilon, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        if (kernels != null && NativeArguments.areFloatRows(d, a)) {
            NativeArguments arguments =
                    cpu.arguments().addResult(d).addRows(a).addShape(d).add(epsilon);
            cpu.run(kernels.rmsNorm(), arguments, d.shape().rowCount(), d.ne(0) / 4);
        } else {
            plain(d, epsilon, cpu);
        }
    }

    private static void plain(Tensor d, float epsilon, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        int n = out.columns();
        Kernels.forEachRow(
                d,
                2L * n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    double sum = 0;
                    for (int i = 0; i < n; i++) {
                        sum += (double) x[i] * x[i];
                    }
                    float scale = (float) (1 / Math.sqrt(sum / n + epsilon));
                    for (int i = 0; i < n; i++) {
                        x[i] *= scale;
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }
}
