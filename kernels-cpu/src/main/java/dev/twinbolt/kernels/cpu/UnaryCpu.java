package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;

/// UNARY: a function of each element, computed in double and rounded once. Formulas: ggml
/// `ggml-cpu/vec.h`, `unary-ops.cpp`.
final class UnaryCpu {
    private static final double SQRT_2_OVER_PI = 0.7978845608028654;

    private UnaryCpu() {}

    static void compute(Tensor d, UnaryOp function, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        Gate gate = Gate.of(function);
        if (kernels != null && gate != null && NativeArguments.areFloatRows(d, a)) {
            NativeArguments arguments =
                    cpu.arguments().addResult(d).addRows(a).addShape(d).add(gate.code());
            cpu.run(kernels.unary(), arguments, d.shape().rowCount(), d.ne(0));
        } else {
            plain(d, function, cpu);
        }
    }

    private static void plain(Tensor d, UnaryOp function, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        int n = out.columns();
        Kernels.forEachRow(
                d,
                20L * n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    a.readRow(i1, i2, i3, x, 0);
                    for (int i = 0; i < n; i++) {
                        x[i] = (float) apply(function, x[i]);
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }

    static double apply(UnaryOp function, double x) {
        return switch (function) {
            case ABS -> Math.abs(x);
            case SGN -> Math.signum(x);
            case NEG -> -x;
            case STEP -> x > 0 ? 1 : 0;
            case TANH -> Math.tanh(x);
            case ELU -> x > 0 ? x : Math.expm1(x);
            case RELU -> Math.max(x, 0);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case GELU -> 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * x * (1 + 0.044715 * x * x)));
            case GELU_QUICK -> x / (1 + Math.exp(-1.702 * x));
            case SILU -> x / (1 + Math.exp(-x));
            case HARDSWISH -> x * Math.min(1, Math.max(0, (x + 3) / 6));
            case HARDSIGMOID -> Math.min(1, Math.max(0, (x + 3) / 6));
            case EXP -> Math.exp(x);
            case EXPM1 -> Math.expm1(x);
            case SOFTPLUS -> x > 20 ? x : Math.log1p(Math.exp(x));
            case GELU_ERF -> 0.5 * x * (1 + erf(x * Math.sqrt(0.5)));
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case ROUND -> Math.copySign(Math.floor(Math.abs(x) + 0.5), x);
            case TRUNC -> x < 0 ? Math.ceil(x) : Math.floor(x);
        };
    }

    /// The error function by its series (Abramowitz and Stegun 7.1.6, whose terms are all
    /// positive); past 6 it is 1 to the last bit of a double.
    private static double erf(double x) {
        double z = Math.abs(x);
        if (z > 6 || Double.isNaN(x)) {
            return Math.signum(x);
        }
        double term = z;
        double sum = z;
        for (int n = 1; term > sum * 1e-17; n++) {
            term *= 2 * z * z / (2 * n + 1);
            sum += term;
        }
        return Math.copySign(2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum, x);
    }
}
