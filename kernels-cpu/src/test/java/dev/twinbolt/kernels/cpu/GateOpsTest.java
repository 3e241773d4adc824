package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// UNARY and GLU, of which every function has its formula.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class GateOpsTest extends OpTest {
    GateOpsTest(CpuVariant variant) {
        super(variant);
    }

    private static DoubleUnaryOperator formula(UnaryOp op) {
        return switch (op) {
            case ABS -> Math::abs;
            case SGN -> Math::signum;
            case NEG -> x -> -x;
            case STEP -> x -> x > 0 ? 1 : 0;
            case TANH -> x -> (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x));
            case ELU -> x -> x > 0 ? x : Math.exp(x) - 1;
            case RELU -> x -> x > 0 ? x : 0;
            case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
            case GELU ->
                    x -> x / (1 + Math.exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
            case GELU_QUICK -> x -> x / (1 + Math.exp(-1.702 * x));
            case SILU -> x -> x / (1 + Math.exp(-x));
            case HARDSWISH -> x -> x < -3 ? 0 : x > 3 ? x : x * (x + 3) / 6;
            case HARDSIGMOID -> x -> x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6;
            case EXP -> Math::exp;
            case EXPM1 -> x -> Math.exp(x) - 1;
            case SOFTPLUS -> x -> Math.log(1 + Math.exp(x));
            case GELU_ERF -> x -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
            case FLOOR -> Math::floor;
            case CEIL -> Math::ceil;
            case ROUND -> x -> x < 0 ? -Math.floor(-x + 0.5) : Math.floor(x + 0.5);
            case TRUNC -> x -> (long) x;
        };
    }

    /// By Simpson's rule over e^(−t²).
    private static double erf(double x) {
        int steps = 2000;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double t = x * i / steps;
            sum += Math.exp(-t * t) * (i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4);
        }
        return 2 / Math.sqrt(Math.PI) * sum * x / steps / 3;
    }

    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void unaryFollowsItsFormula(UnaryOp op) {
        float[] values = {
            -30, -7, -3, -2.5f, -1, -0.5f, -0f, 0, 1e-3f, 0.5f, 1, 1.5f, 2.5f, 3, 7, 30
        };
        Tensor a = h.floats(values, values.length);
        Tensor d = h.run(new Op.Unary(op), TensorType.F32, a.shape(), a);
        check(d, 1e-6, (i0, _, _, _) -> formula(op).applyAsDouble(values[(int) i0]));
    }

    @ParameterizedTest
    @EnumSource(GluOp.class)
    void gluGatesHalvesAndPairs(GluOp op) {
        Tensor both = h.strided(66, 3);
        Tensor x = h.random(33, 3);
        Tensor y = h.strided(33, 3);
        Shape shape = Shape.of(33, 3);
        check(
                h.run(new Op.Glu(op, false, 1.702f, 0.7f), TensorType.F32, shape, x, y),
                CLOSE,
                (i0, i1, _, _) -> gate(op, h.at(x, i0, i1, 0, 0), h.at(y, i0, i1, 0, 0)));
        check(
                h.run(new Op.Glu(op, false, 1.702f, 0.7f), TensorType.F32, shape, both),
                CLOSE,
                (i0, i1, _, _) ->
                        gate(op, h.at(both, i0, i1, 0, 0), h.at(both, i0 + 33, i1, 0, 0)));
        check(
                h.run(new Op.Glu(op, true, 1.702f, 0.7f), TensorType.F32, shape, both),
                CLOSE,
                (i0, i1, _, _) ->
                        gate(op, h.at(both, i0 + 33, i1, 0, 0), h.at(both, i0, i1, 0, 0)));
    }

    private static double gate(GluOp op, double x, double y) {
        return switch (op) {
            case REGLU -> formula(UnaryOp.RELU).applyAsDouble(x) * y;
            case GEGLU -> formula(UnaryOp.GELU).applyAsDouble(x) * y;
            case SWIGLU -> formula(UnaryOp.SILU).applyAsDouble(x) * y;
            case GEGLU_ERF -> formula(UnaryOp.GELU_ERF).applyAsDouble(x) * y;
            case GEGLU_QUICK -> formula(UnaryOp.GELU_QUICK).applyAsDouble(x) * y;
            case SWIGLU_OAI -> {
                double limit = 0.7f;
                double g = Math.min(x, limit);
                double u = Math.max(-limit, Math.min(limit, y));
                yield g / (1 + Math.exp(-1.702f * g)) * (u + 1);
            }
        };
    }
}
