package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// ADD, SUB, MUL and DIV: a ∘ b by element in F32, b repeated in every dimension, rounded once to
/// d's type.
final class BinaryCpu {
    enum Function {
        ADD,
        SUB,
        MUL,
        DIV
    }

    private BinaryCpu() {}

    static void compute(Tensor d, Function function, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        Tensor b = d.source(1);
        boolean isRowOrOne = b.ne(0) == d.ne(0) || b.ne(0) == 1;
        if (kernels != null && isRowOrOne && NativeArguments.areFloatRows(d, a, b)) {
            NativeKernel kernel =
                    switch (function) {
                        case ADD -> kernels.add();
                        case SUB -> kernels.sub();
                        case MUL -> kernels.mul();
                        case DIV -> kernels.div();
                    };
            NativeArguments arguments =
                    cpu.arguments()
                            .addResult(d)
                            .addRows(a)
                            .addRows(b)
                            .addShape(d)
                            .addShape(b)
                            .add(b.ne(3));
            cpu.run(kernel, arguments, d.shape().rowCount(), d.ne(0) / 4);
        } else {
            plain(d, function, cpu);
        }
    }

    private static void plain(Tensor d, Function function, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        TensorData b = new TensorData(d.source(1));
        int n = out.columns();
        int period = b.columns();
        Kernels.forEachRow(
                d,
                n,
                n + period,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    b.readRow(i1 % b.ne(1), i2 % b.ne(2), i3 % b.ne(3), x, n);
                    for (int start = 0; start < n; start += period) {
                        apply(function, x, start, n, period);
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }

    /// x\[start..\] ∘= x\[b..\] over `count` elements.
    private static void apply(Function function, float[] x, int start, int b, int count) {
        switch (function) {
            case ADD -> {
                for (int i = 0; i < count; i++) {
                    x[start + i] += x[b + i];
                }
            }
            case SUB -> {
                for (int i = 0; i < count; i++) {
                    x[start + i] -= x[b + i];
                }
            }
            case MUL -> {
                for (int i = 0; i < count; i++) {
                    x[start + i] *= x[b + i];
                }
            }
            case DIV -> {
                for (int i = 0; i < count; i++) {
                    x[start + i] /= x[b + i];
                }
            }
        }
    }
}
