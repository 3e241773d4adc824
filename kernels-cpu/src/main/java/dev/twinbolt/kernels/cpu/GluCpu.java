package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/// GLU: gate(x)·y; x and y are two sources, or the halves of one source's rows.
final class GluCpu {
    private GluCpu() {}

    static void compute(Tensor d, Op.Glu op, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor a = d.source(0);
        Tensor b = d.optionalSource(1);
        Gate gate = op.function() == GluOp.SWIGLU_OAI ? null : Gate.of(function(op.function()));
        if (kernels != null && gate != null && NativeArguments.areFloatRows(d, a, b)) {
            NativeArguments arguments = cpu.arguments().addResult(d);
            if (b != null) {
                arguments.addRows(a).addRows(b);
            } else {
                long first = NativeArguments.addressOf(a);
                long second = first + 4 * d.ne(0);
                arguments
                        .addRows(op.swapped() ? second : first, a.nb(1), a.nb(2), a.nb(3))
                        .addRows(op.swapped() ? first : second, a.nb(1), a.nb(2), a.nb(3));
            }
            arguments.addShape(d).add(gate.code());
            cpu.run(kernels.glu(), arguments, d.shape().rowCount(), d.ne(0));
        } else {
            plain(d, op, cpu);
        }
    }

    private static void plain(Tensor d, Op.Glu op, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        Tensor second = d.optionalSource(1);
        TensorData b = second == null ? null : new TensorData(second);
        int n = out.columns();
        Kernels.forEachRow(
                d,
                20L * n,
                2 * n,
                cpu,
                (i1, i2, i3, x) -> {
                    read(a, b, op.swapped(), i1, i2, i3, x, n);
                    for (int i = 0; i < n; i++) {
                        x[i] = gate(op, x[i], x[n + i]);
                    }
                    out.writeRow(i1, i2, i3, x, 0);
                });
    }

    private static void read(
            TensorData a,
            @Nullable TensorData b,
            boolean isSwapped,
            long i1,
            long i2,
            long i3,
            float[] x,
            int n) {
        if (b != null) {
            a.readRow(i1, i2, i3, x, 0);
            b.readRow(i1, i2, i3, x, n);
        } else {
            a.read(0, n, i1, i2, i3, x, isSwapped ? n : 0);
            a.read(n, n, i1, i2, i3, x, isSwapped ? 0 : n);
        }
    }

    private static float gate(Op.Glu op, float x, float y) {
        if (op.function() == GluOp.SWIGLU_OAI) {
            float g = Math.min(x, op.limit());
            float u = Math.min(Math.max(y, -op.limit()), op.limit());
            return (float) (g / (1 + Math.exp(-op.alpha() * g)) * (u + 1));
        }
        return (float) UnaryCpu.apply(function(op.function()), x) * y;
    }

    private static UnaryOp function(GluOp op) {
        return switch (op) {
            case REGLU -> UnaryOp.RELU;
            case GEGLU -> UnaryOp.GELU;
            case SWIGLU, SWIGLU_OAI -> UnaryOp.SILU;
            case GEGLU_ERF -> UnaryOp.GELU_ERF;
            case GEGLU_QUICK -> UnaryOp.GELU_QUICK;
        };
    }
}
