package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;

/// SOFT_MAX: e^(s − max)/Σ over rows of s = scale·a + slope·mask, the sum in F64; a head's sink
/// counts in the maximum and in Σ.
final class SoftMaxCpu {
    private SoftMaxCpu() {}

    static void compute(Tensor d, float scale, float maxBias, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        Tensor mask = d.optionalSource(1);
        Tensor sinks = d.optionalSource(2);
        if (kernels != null && NativeArguments.areFloatRows(d, a, sinks)) {
            NativeArguments arguments =
                    cpu.arguments()
                            .addResult(d)
                            .addRows(a)
                            .addShape(d)
                            .add(scale)
                            .addOptionalRows(mask)
                            .add(mask == null ? 1 : mask.ne(2))
                            .add(mask == null ? 1 : mask.ne(3))
                            .add(mask != null && mask.type() == TensorType.F16 ? 1 : 0)
                            .addSlopes(maxBias, d.ne(2))
                            .addOptionalAddress(sinks);
            cpu.run(kernels.softMax(), arguments, d.shape().rowCount(), 2 * d.ne(0));
        } else {
            plain(d, scale, maxBias, cpu);
        }
    }

    private static void plain(Tensor d, float scale, float maxBias, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        Tensor maskTensor = d.optionalSource(1);
        TensorData mask = maskTensor == null ? null : new TensorData(maskTensor);
        Tensor sinkTensor = d.optionalSource(2);
        TensorData sinks = sinkTensor == null ? null : new TensorData(sinkTensor);
        int n = out.columns();
        Kernels.forEachRow(
                d,
                20L * n,
                2 * n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    for (int i = 0; i < n; i++) {
                        x[i] *= scale;
                    }
                    if (mask != null) {
                        float slope = Alibi.slope(maxBias, i2, d.ne(2));
                        mask.readRow(i1, i2 % mask.ne(2), i3 % mask.ne(3), x, n);
                        for (int i = 0; i < n; i++) {
                            x[i] += slope * x[n + i];
                        }
                    }
                    float max =
                            sinks == null ? Float.NEGATIVE_INFINITY : sinks.float32(i2, 0, 0, 0);
                    double sum = 0;
                    for (int i = 0; i < n; i++) {
                        max = Math.max(max, x[i]);
                    }
                    for (int i = 0; i < n; i++) {
                        x[i] = (float) Math.exp(x[i] - max);
                        sum += x[i];
                    }
                    if (sinks != null) {
                        sum += Math.exp(sinks.float32(i2, 0, 0, 0) - max);
                    }
                    float inverse = (float) (1 / sum);
                    for (int i = 0; i < n; i++) {
                        x[i] *= inverse;
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }
}
