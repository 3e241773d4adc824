package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// SCALE: scale·a + bias.
final class ScaleCpu {
    private ScaleCpu() {}

    static void compute(Tensor d, float scale, float bias, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        if (kernels != null && NativeArguments.areFloatRows(d, a)) {
            NativeArguments arguments =
                    cpu.arguments().addResult(d).addRows(a).addShape(d).add(scale).add(bias);
            cpu.run(kernels.scale(), arguments, d.shape().rowCount(), d.ne(0) / 4);
        } else {
            plain(d, scale, bias, cpu);
        }
    }

    private static void plain(Tensor d, float scale, float bias, Processor cpu) {
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
                        x[i] = scale * x[i] + bias;
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }
}
