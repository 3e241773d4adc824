package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Ops on rows of every length around vector widths, anywhere in memory, of every variant, against
/// a double-precision loop.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class RaggedRowsTest {
    private static final double CLOSE = 2e-6;
    private static final int[] LENGTHS = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 100
    };

    private final OpHarness h;

    RaggedRowsTest(CpuVariant variant) {
        h = new OpHarness(2, 23, variant);
    }

    @AfterEach
    void close() {
        h.close();
    }

    private interface Expected {
        double at(long i0, long i1, long i2);
    }

    private void check(Tensor d, Expected expected) {
        OpHarness.forEach(
                d,
                (i0, i1, i2, i3) -> {
                    double e = expected.at(i0, i1, i2);
                    double tolerance = CLOSE * Math.max(1, Math.abs(e));
                    assertEquals(
                            e,
                            h.at(d, i0, i1, i2, i3),
                            tolerance,
                            () -> "%s, (%d, %d, %d)".formatted(d, i0, i1, i2));
                });
    }

    /// The same rows without gaps, with gaps, in another order, and unaligned.
    private List<Tensor> placed(long n) {
        return List.of(
                h.random(n, 3, 2), h.strided(n, 3, 2), h.permuted(n, 3, 2), h.unaligned(n, 3, 2));
    }

    /// `op` into rows that are not aligned, with what is around them left alone.
    private Tensor run(Op op, Shape shape, Tensor... sources) {
        Tensor around = h.unaligned(shape.ne0() + 2, shape.ne1(), shape.ne2());
        float[] before = h.elements(around);
        Strides strides = around.strides();
        Tensor d = Tensor.view("d", TensorType.F32, shape, strides, op, around.root(), 5, sources);
        h.compute(d);
        float[] after = h.elements(around);
        for (int i = 0; i < before.length; i++) {
            long column = i % around.ne(0);
            if (column == 0 || column == around.ne(0) - 1) {
                assertEquals(before[i], after[i], "beside a row of " + d);
            }
        }
        return d;
    }

    @Test
    void elementwise() {
        for (int n : LENGTHS) {
            Tensor row = h.random(n);
            Tensor one = h.random(1, 3);
            for (Tensor a : placed(n)) {
                Shape s = a.shape();
                check(
                        run(new Op.Add(), s, a, row),
                        (i0, i1, i2) -> h.at(a, i0, i1, i2, 0) + h.at(row, i0, 0, 0, 0));
                check(run(new Op.Sub(), s, a, a), (_, _, _) -> 0);
                check(
                        run(new Op.Mul(), s, a, one),
                        (i0, i1, i2) -> h.at(a, i0, i1, i2, 0) * h.at(one, 0, i1, 0, 0));
                check(
                        run(new Op.Div(), s, a, one),
                        (i0, i1, i2) -> h.at(a, i0, i1, i2, 0) / h.at(one, 0, i1, 0, 0));
                check(
                        run(new Op.Scale(-2.5f, 0.25f), s, a),
                        (i0, i1, i2) -> -2.5 * h.at(a, i0, i1, i2, 0) + 0.25);
            }
        }
    }

    @Test
    void rmsNorm() {
        for (int n : LENGTHS) {
            for (Tensor a : placed(n)) {
                check(
                        run(new Op.RmsNorm(1e-5f), a.shape(), a),
                        (i0, i1, i2) -> {
                            double sum = 0;
                            for (long i = 0; i < n; i++) {
                                sum += Math.pow(h.at(a, i, i1, i2, 0), 2);
                            }
                            return h.at(a, i0, i1, i2, 0) / Math.sqrt(sum / n + 1e-5f);
                        });
            }
        }
    }

    @Test
    void softMax() {
        for (int n : LENGTHS) {
            Tensor mask = h.rounded(h.random(n, 3), TensorType.F16);
            for (Tensor a : placed(n)) {
                check(
                        h.run(new Op.SoftMax(3, 0), TensorType.F32, a.shape(), a, mask),
                        (i0, i1, i2) -> {
                            double own = 0;
                            double total = 0;
                            for (long i = 0; i < n; i++) {
                                double e =
                                        Math.exp(
                                                3 * h.at(a, i, i1, i2, 0)
                                                        + h.at(mask, i, i1, 0, 0));
                                total += e;
                                own = i == i0 ? e : own;
                            }
                            return own / total;
                        });
            }
        }
    }

    @Test
    void gatesAndGlu() {
        for (int n : LENGTHS) {
            for (Tensor a : placed(n)) {
                Tensor y = h.random(n, 3, 2);
                for (UnaryOp function : UnaryOp.values()) {
                    DoubleUnaryOperator f = x -> UnaryCpu.apply(function, x);
                    check(
                            run(new Op.Unary(function), a.shape(), a),
                            (i0, i1, i2) -> f.applyAsDouble(h.at(a, i0, i1, i2, 0)));
                }
                check(
                        run(new Op.Glu(GluOp.SWIGLU, false, 0, 0), a.shape(), a, y),
                        (i0, i1, i2) -> {
                            double x = h.at(a, i0, i1, i2, 0);
                            return x / (1 + Math.exp(-x)) * h.at(y, i0, i1, i2, 0);
                        });
            }
        }
    }

    @Test
    void gatesFollowTheirFormulaFarOut() {
        float[] values = new float[4001];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i - 2000) * 0.0503f;
        }
        Tensor a = h.floats(values, values.length);
        for (UnaryOp function :
                List.of(
                        UnaryOp.SILU,
                        UnaryOp.SIGMOID,
                        UnaryOp.GELU,
                        UnaryOp.GELU_QUICK,
                        UnaryOp.TANH)) {
            check(
                    h.run(new Op.Unary(function), TensorType.F32, a.shape(), a),
                    (i0, _, _) -> UnaryCpu.apply(function, values[(int) i0]));
        }
    }

    @Test
    void rope() {
        Tensor positions = h.ints(new int[] {3, 900}, 2);
        for (RopeMode mode : RopeMode.values()) {
            for (int n : LENGTHS) {
                for (Tensor a : placed(n + 2)) {
                    int dims = n / 2 * 2;
                    if (dims == 0) {
                        continue;
                    }
                    int offset = n % 4 == 1 ? 2 : 0;
                    Op.Rope op = new Op.Rope(dims, mode, 512, 1e4f, 1, 0, 1, 32, 1, offset);
                    Tensor d = run(op, a.shape(), a, positions);
                    check(
                            d,
                            (i0, i1, i2) -> {
                                long column = i0 - offset;
                                if (column < 0 || column >= dims) {
                                    return h.at(a, i0, i1, i2, 0);
                                }
                                boolean isNeox = mode == RopeMode.NEOX;
                                long pairs = dims / 2;
                                long pair = isNeox ? column % pairs : column / 2;
                                boolean isFirst = isNeox ? column < pairs : column % 2 == 0;
                                long step = isNeox ? pairs : 1;
                                double angle =
                                        h.at(positions, i2, 0, 0, 0)
                                                * Math.pow(1e4f, -2.0 * pair / dims);
                                double x = h.at(a, isFirst ? i0 : i0 - step, i1, i2, 0);
                                double y = h.at(a, isFirst ? i0 + step : i0, i1, i2, 0);
                                return isFirst
                                        ? x * Math.cos(angle) - y * Math.sin(angle)
                                        : x * Math.sin(angle) + y * Math.cos(angle);
                            });
                }
            }
        }
    }

    @Test
    void copiesRoundAsFloatsDo() {
        for (int n : LENGTHS) {
            for (Tensor a : placed(n)) {
                Tensor half = h.run(new Op.Cpy(), TensorType.F16, a.shape(), a);
                Tensor back = run(new Op.Cpy(), a.shape(), half);
                Tensor same = run(new Op.Cont(), a.shape(), a);
                OpHarness.forEach(
                        a,
                        (i0, i1, i2, i3) -> {
                            float x = (float) h.at(a, i0, i1, i2, i3);
                            float rounded = Float.float16ToFloat(Float.floatToFloat16(x));
                            assertEquals(rounded, h.at(half, i0, i1, i2, i3));
                            assertEquals(rounded, h.at(back, i0, i1, i2, i3));
                            assertEquals(x, h.at(same, i0, i1, i2, i3));
                        });
            }
        }
    }

    @Test
    void everyHalfIsMadeOfTheFloatsAroundIt() {
        float[] values = new float[3 * 65536];
        for (int i = 0; i < 65536; i++) {
            float x = Float.float16ToFloat((short) i);
            values[3 * i] = x;
            // The tie with the next half, and just above it.
            float tie = (x + Float.float16ToFloat((short) (i + 1))) / 2;
            values[3 * i + 1] = tie;
            values[3 * i + 2] = Math.nextUp(tie);
        }
        values[0] = Float.MIN_VALUE;
        values[1] = Float.MAX_VALUE;
        values[2] = 65520;
        Tensor a = h.floats(values, values.length);
        Tensor half = h.run(new Op.Cpy(), TensorType.F16, a.shape(), a);
        float[] back = h.elements(half);
        for (int i = 0; i < values.length; i++) {
            float expected = Float.float16ToFloat(Float.floatToFloat16(values[i]));
            assertEquals(expected, back[i], "of " + values[i]);
        }
    }

    @Test
    void setRows() {
        for (int n : LENGTHS) {
            for (Tensor values : placed(n)) {
                for (TensorType type : List.of(TensorType.F32, TensorType.F16)) {
                    Tensor target = h.rounded(h.random(n, 7, 2), type);
                    Tensor numbers = h.ints(new int[] {6, 0, 3}, 3);
                    float[] before = h.elements(target);
                    h.compute(OpHarness.setRows(target, values, numbers));
                    OpHarness.forEach(
                            target,
                            (i0, i1, i2, i3) -> {
                                float e = before[(int) (i0 + n * (i1 + 7 * i2))];
                                for (int r = 0; r < 3; r++) {
                                    if (h.at(numbers, r, 0, 0, 0) == i1) {
                                        float x = (float) h.at(values, i0, r, i2, 0);
                                        e =
                                                type == TensorType.F32
                                                        ? x
                                                        : Float.float16ToFloat(
                                                                Float.floatToFloat16(x));
                                    }
                                }
                                assertEquals(e, h.at(target, i0, i1, i2, i3));
                            });
                }
            }
        }
    }
}
