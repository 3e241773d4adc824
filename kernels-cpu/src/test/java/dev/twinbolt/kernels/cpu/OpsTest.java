package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every op of every variant against a double-precision loop written from its formula.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class OpsTest {
    private static final double CLOSE = 2e-6;

    private final OpHarness h;

    OpsTest(CpuVariant variant) {
        h = new OpHarness(2, 17, variant);
    }

    @AfterEach
    void close() {
        h.close();
    }

    private void assertElements(Tensor d, double tolerance, Expected expected) {
        OpHarness.forEach(
                d,
                (i0, i1, i2, i3) -> {
                    double e = expected.at(i0, i1, i2, i3);
                    double actual = h.at(d, i0, i1, i2, i3);
                    assertEquals(
                            e,
                            actual,
                            Double.isInfinite(e) ? 0 : tolerance * Math.max(1, Math.abs(e)),
                            () -> "(%d, %d, %d, %d)".formatted(i0, i1, i2, i3));
                });
    }

    private interface Expected {
        double at(long i0, long i1, long i2, long i3);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,1", "31,2,3,1", "33,1,2,2", "8,4,1,3"})
    void elementwiseOpsRepeatTheirSecondSource(long n0, long n1, long n2, long n3) {
        Tensor a = h.strided(n0, n1, n2, n3);
        for (Tensor b :
                new Tensor[] {
                    h.random(n0), h.random(1), h.permuted(n0, n1, n2, n3), h.random(1, n1)
                }) {
            check(new Op.Add(), a, b, Double::sum);
            check(new Op.Sub(), a, b, (x, y) -> x - y);
            check(new Op.Mul(), a, b, (x, y) -> x * y);
            check(new Op.Div(), a, b, (x, y) -> x / y);
        }
    }

    private void check(Op op, Tensor a, Tensor b, DoubleBinaryOperator f) {
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, b);
        assertElements(
                d,
                CLOSE,
                (i0, i1, i2, i3) ->
                        f.applyAsDouble(
                                h.at(a, i0, i1, i2, i3),
                                h.at(b, i0 % b.ne(0), i1 % b.ne(1), i2 % b.ne(2), i3 % b.ne(3))));
    }

    @Test
    void aResultMayLieOverItsFirstSource() {
        Tensor a = h.random(40, 5);
        Tensor b = h.random(40);
        double[] before = new double[200];
        OpHarness.forEach(
                a, (i0, i1, _, _) -> before[(int) (40 * i1 + i0)] = h.at(a, i0, i1, 0, 0));
        Tensor d = Tensor.view("d", a.type(), a.shape(), a.strides(), new Op.Mul(), a, 0, a, b);
        h.compute(d);
        assertElements(
                d, CLOSE, (i0, i1, _, _) -> before[(int) (40 * i1 + i0)] * h.at(b, i0, 0, 0, 0));
    }

    @Test
    void scaleClampAndFill() {
        Tensor a = h.strided(33, 3, 2);
        assertElements(
                h.run(new Op.Scale(3, -1), TensorType.F32, a.shape(), a),
                CLOSE,
                (i0, i1, i2, i3) -> 3 * h.at(a, i0, i1, i2, i3) - 1);
        assertElements(
                h.run(new Op.Clamp(-0.5f, Float.POSITIVE_INFINITY), TensorType.F32, a.shape(), a),
                CLOSE,
                (i0, i1, i2, i3) -> Math.max(-0.5, h.at(a, i0, i1, i2, i3)));
        assertElements(
                h.run(new Op.Fill(Float.NEGATIVE_INFINITY), TensorType.F16, a.shape(), a),
                0,
                (_, _, _, _) -> Double.NEGATIVE_INFINITY);
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
        assertElements(d, 1e-6, (i0, _, _, _) -> formula(op).applyAsDouble(values[(int) i0]));
    }

    @ParameterizedTest
    @EnumSource(GluOp.class)
    void gluGatesHalvesAndPairs(GluOp op) {
        Tensor both = h.strided(66, 3);
        Tensor x = h.random(33, 3);
        Tensor y = h.strided(33, 3);
        Shape shape = Shape.of(33, 3);
        assertElements(
                h.run(new Op.Glu(op, false, 1.702f, 0.7f), TensorType.F32, shape, x, y),
                CLOSE,
                (i0, i1, _, _) -> gate(op, h.at(x, i0, i1, 0, 0), h.at(y, i0, i1, 0, 0)));
        assertElements(
                h.run(new Op.Glu(op, false, 1.702f, 0.7f), TensorType.F32, shape, both),
                CLOSE,
                (i0, i1, _, _) ->
                        gate(op, h.at(both, i0, i1, 0, 0), h.at(both, i0 + 33, i1, 0, 0)));
        assertElements(
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

    @ParameterizedTest
    @ValueSource(longs = {1, 31, 32, 257})
    void rmsNormDividesByTheRootOfTheMeanSquare(long n) {
        Tensor a = h.strided(n, 2, 3);
        assertElements(
                h.run(new Op.RmsNorm(1e-5f), TensorType.F32, a.shape(), a),
                CLOSE,
                (i0, i1, i2, i3) -> {
                    double sum = 0;
                    for (long i = 0; i < n; i++) {
                        sum += Math.pow(h.at(a, i, i1, i2, i3), 2);
                    }
                    return h.at(a, i0, i1, i2, i3) / Math.sqrt(sum / n + 1e-5f);
                });
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "8,false"})
    void softMaxAddsMaskSlopeAndSinks(float maxBias, boolean hasSinks) {
        Tensor a = h.random(37, 3, 6, 2);
        float[] maskValues = new float[37 * 5];
        for (int i = 0; i < maskValues.length; i++) {
            maskValues[i] = i % 5 == 1 ? Float.NEGATIVE_INFINITY : -(i % 3);
        }
        Tensor mask = h.half(maskValues, 37, 5);
        Tensor sinks = hasSinks ? h.random(6) : null;
        Tensor d = h.run(new Op.SoftMax(0.3f, maxBias), TensorType.F32, a.shape(), a, mask, sinks);
        assertElements(
                d,
                CLOSE,
                (i0, i1, i2, i3) -> {
                    double total = sinks == null ? 0 : Math.exp(h.at(sinks, i2, 0, 0, 0));
                    double own = 0;
                    for (long j = 0; j < 37; j++) {
                        double s =
                                0.3f * h.at(a, j, i1, i2, i3)
                                        + slope(maxBias, i2, 6) * h.at(mask, j, i1, 0, 0);
                        total += Math.exp(s);
                        own = j == i0 ? Math.exp(s) : own;
                    }
                    return own / total;
                });
    }

    private static double slope(double maxBias, long head, long heads) {
        if (maxBias <= 0) {
            return 1;
        }
        long base = 1;
        while (base * 2 <= heads) {
            base *= 2;
        }
        return head < base
                ? Math.pow(Math.pow(2, -maxBias / base), head + 1.0)
                : Math.pow(Math.pow(2, -maxBias / (2 * base)), 2 * (head - base) + 1.0);
    }

    @ParameterizedTest
    @CsvSource({"0,0,false", "0,20,false", "8,0,true", "0,0,true"})
    void flashAttentionIsSoftMaxOfProductsTimesValues(
            float maxBias, float softcap, boolean hasSinks) {
        Tensor q = h.permuted(24, 5, 6, 4);
        Tensor k = h.strided(24, 9, 3, 2);
        Tensor v = h.permuted(10, 9, 3, 2);
        float[] maskValues = new float[9 * 7];
        for (int i = 0; i < maskValues.length; i++) {
            // Query 2 sees nothing.
            boolean hidden = i % 4 == 1 || i / 9 == 2;
            maskValues[i] = hidden ? Float.NEGATIVE_INFINITY : -(i % 3) * 0.5f;
        }
        Tensor mask = h.half(maskValues, 9, 7);
        Tensor sinks = hasSinks ? h.random(6) : null;
        Op op = new Op.FlashAttnExt(0.2f, maxBias, softcap);
        Tensor d = h.run(op, TensorType.F32, Shape.of(10, 6, 5, 4), q, k, v, mask, sinks);
        assertElements(
                d,
                1e-5,
                (i0, head, query, z) -> {
                    double total = sinks == null ? 0 : Math.exp(h.at(sinks, head, 0, 0, 0));
                    double sum = 0;
                    for (long j = 0; j < 9; j++) {
                        double m = h.at(mask, j, query, 0, 0);
                        double s = 0;
                        for (long i = 0; i < 24; i++) {
                            s += h.at(q, i, query, head, z) * h.at(k, i, j, head / 2, z / 2);
                        }
                        s *= 0.2f;
                        s = softcap == 0 ? s : softcap * Math.tanh(s / softcap);
                        double weight =
                                Double.isInfinite(m)
                                        ? 0
                                        : Math.exp(s + slope(maxBias, head, 6) * m);
                        total += weight;
                        sum += weight * h.at(v, i0, j, head / 2, z / 2);
                    }
                    return total == 0 ? 0 : sum / total;
                });
    }

    @ParameterizedTest
    @CsvSource({
        "NORMAL,0,1,false",
        "NEOX,0,1,false",
        "NORMAL,4,0.25,false",
        "NEOX,0,0.5,true",
        "NORMAL,0,0.25,true"
    })
    void ropeTurnsPairs(RopeMode mode, int offset, float freqScale, boolean isYarn) {
        Tensor a = h.strided(20, 3, 4);
        int[] positions = {0, 1, 77, 5000};
        Tensor factors = h.floats(new float[] {1, 2, 4, 1, 1, 1, 8, 1}, 8);
        float ext = isYarn ? 1 : 0;
        Op.Rope op = new Op.Rope(16, mode, 512, 10000, freqScale, ext, 1.2f, 32, 1, offset);
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, h.ints(positions, 4), factors);
        double magnitude = 1.2f * (isYarn ? 1 + 0.1 * Math.log(1 / freqScale) : 1);
        assertElements(
                d,
                2e-5,
                (i0, head, token, _) -> {
                    long column = i0 - offset;
                    if (column < 0 || column >= 16) {
                        return h.at(a, i0, head, token, 0);
                    }
                    long pair = mode == RopeMode.NEOX ? column % 8 : column / 2;
                    boolean isFirst = mode == RopeMode.NEOX ? column < 8 : column % 2 == 0;
                    long step = mode == RopeMode.NEOX ? 8 : 1;
                    double plain =
                            positions[(int) token]
                                    * Math.pow(10000, -pair / 8.0)
                                    / h.at(factors, pair, 0, 0, 0);
                    double mix = isYarn ? ramp(pair) : 0;
                    double angle = plain * freqScale * (1 - mix) + plain * mix;
                    double x = h.at(a, isFirst ? i0 : i0 - step, head, token, 0);
                    double y = h.at(a, isFirst ? i0 + step : i0, head, token, 0);
                    return magnitude
                            * (isFirst
                                    ? x * Math.cos(angle) - y * Math.sin(angle)
                                    : x * Math.sin(angle) + y * Math.cos(angle));
                });
    }

    /// Layers share the angles of one RoPE; another's factors are not theirs.
    @Test
    void ropesWithOtherFactorsTurnByOtherAngles() {
        Tensor a = h.strided(4, 1, 1);
        Tensor position = h.ints(new int[] {3}, 1);
        Op.Rope op = new Op.Rope(4, RopeMode.NORMAL, 512, 10000, 1, 0, 1, 32, 1, 0);
        for (float factor : new float[] {1, 2, 5}) {
            Tensor factors = h.floats(new float[] {factor, 1}, 2);
            Tensor d = h.run(op, TensorType.F32, a.shape(), a, position, factors);
            double turned =
                    h.at(a, 0, 0, 0, 0) * Math.cos(3 / factor)
                            - h.at(a, 1, 0, 0, 0) * Math.sin(3 / factor);
            assertEquals(turned, h.at(d, 0, 0, 0, 0), 1e-5, "factor " + factor);
        }
    }

    /// YaRN mixes over all pairs, where the slow ones would begin beyond the last.
    @Test
    void yarnMixesUpToTheLastColumn() {
        Tensor a = h.strided(16, 1, 1);
        Tensor position = h.ints(new int[] {3}, 1);
        Op.Rope op = new Op.Rope(16, RopeMode.NORMAL, 1 << 20, 100, 0.5f, 1, 1, 1e5f, 1, 0);
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, position);
        double magnitude = 1 + 0.1 * Math.log(2);
        for (int pair = 0; pair < 8; pair++) {
            double mix = 1 - pair / 15.0;
            double angle = 3 * Math.pow(100, -pair / 8.0) * (0.5 * (1 - mix) + mix);
            double turned =
                    h.at(a, 2 * pair, 0, 0, 0) * Math.cos(angle)
                            - h.at(a, 2 * pair + 1, 0, 0, 0) * Math.sin(angle);
            assertEquals(magnitude * turned, h.at(d, 2 * pair, 0, 0, 0), 1e-5, "pair " + pair);
        }
    }

    private static double ramp(long pair) {
        double low =
                Math.max(
                        0,
                        Math.floor(
                                16 * Math.log(512 / (2 * Math.PI * 32)) / (2 * Math.log(10000))));
        double high =
                Math.min(15, Math.ceil(16 * Math.log(512 / (2 * Math.PI)) / (2 * Math.log(10000))));
        return 1 - Math.max(0, Math.min(1, (pair - low) / Math.max(0.001, high - low)));
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "31,5,3", "64,33,2", "257,9,7"})
    void mulMatSharesMatricesAmongGroups(long k, long n, long m) {
        Tensor a = h.strided(k, n, 2, 1);
        Tensor b = h.permuted(k, m, 6, 2);
        Tensor d = h.run(new Op.MulMat(), TensorType.F32, Shape.of(n, m, 6, 2), a, b);
        assertElements(
                d,
                1e-5,
                (i0, i1, i2, i3) -> {
                    double sum = 0;
                    for (long i = 0; i < k; i++) {
                        sum += h.at(a, i, i0, i2 / 3, 0) * h.at(b, i, i1, i2, i3);
                    }
                    return sum;
                });
    }

    @Test
    void mulMatIdUsesTheChosenExperts() {
        Tensor a = h.random(32, 7, 4);
        Tensor b = h.random(32, 1, 3);
        Tensor ids = h.ints(new int[] {0, 3, 2, 2, 1, 0}, 2, 3);
        Tensor d = h.run(new Op.MulMatId(), TensorType.F32, Shape.of(7, 2, 3), a, b, ids);
        assertElements(
                d,
                1e-5,
                (i0, s, t, _) -> {
                    double sum = 0;
                    for (long i = 0; i < 32; i++) {
                        sum +=
                                h.at(a, i, i0, (long) h.at(ids, s, t, 0, 0), 0)
                                        * h.at(b, i, 0, t, 0);
                    }
                    return sum;
                });
    }

    @Test
    void getRowsAndSetRowsFollowTheirNumbers() {
        Tensor a = h.random(12, 5, 2);
        Tensor rows = h.ints(new int[] {4, 0, 4, 1, 2, 3}, 3, 2);
        Tensor got = h.run(new Op.GetRows(), TensorType.F32, Shape.of(12, 3, 2), a, rows);
        assertElements(
                got, 0, (i0, i1, i2, _) -> h.at(a, i0, (long) h.at(rows, i1, i2, 0, 0), i2, 0));
        Tensor target = h.half(new float[12 * 6 * 4 * 4], 12, 6, 4, 4);
        Tensor values = h.permuted(12, 3, 4, 4);
        Tensor numbers = h.ints(new int[] {5, 0, 2, 1, 3, 4, 0, 1, 2, 5, 4, 3}, 3, 2, 2);
        h.compute(OpHarness.setRows(target, values, numbers));
        assertElements(
                target,
                0,
                (i0, i1, i2, i3) -> {
                    for (long r = 0; r < 3; r++) {
                        if (h.at(numbers, r, i2 % 2, i3 % 2, 0) == i1) {
                            return Float.float16ToFloat(
                                    Float.floatToFloat16((float) h.at(values, i0, r, i2, i3)));
                        }
                    }
                    return 0;
                });
    }

    /// Also where the lower 32 bits number a row that is there.
    @ParameterizedTest
    @ValueSource(longs = {-1, 6, 1L << 32, Long.MIN_VALUE})
    void rowNumbersThatAreNoneAreRefused(long number) {
        Tensor target = h.half(new float[12 * 6], 12, 6);
        byte[] bytes = ByteBuffer.allocate(8).putLong(Long.reverseBytes(number)).array();
        Tensor numbers = h.leaf(TensorType.I64, bytes, 1);
        Tensor stored = OpHarness.setRows(target, h.random(12, 1), numbers);
        CompletionException e = assertThrows(CompletionException.class, () -> h.compute(stored));
        assertTrue(String.valueOf(e.getMessage()).contains("row number " + number), "" + e);
    }

    @Test
    void copiesConvertInRowMajorOrder() {
        Tensor a = h.permuted(6, 4, 5);
        Tensor d = h.run(new Op.Cont(), TensorType.F32, Shape.of(10, 12), a);
        Tensor half = h.run(new Op.Cpy(), TensorType.F16, Shape.of(6, 20), a);
        Tensor whole = h.run(new Op.Cpy(), TensorType.I32, Shape.of(120), a);
        for (int i = 0; i < 120; i++) {
            double e = h.at(a, i % 6, i / 6 % 4, i / 24, 0);
            assertEquals(e, h.at(d, i % 10, i / 10, 0, 0));
            assertEquals(
                    Float.float16ToFloat(Float.floatToFloat16((float) e)),
                    h.at(half, i % 6, i / 6, 0, 0));
            assertEquals((int) e, h.at(whole, i, 0, 0, 0));
        }
        Tensor transposed =
                Tensor.view(
                        "t",
                        TensorType.F32,
                        Shape.of(4, 6, 5),
                        new Strides(a.nb(1), a.nb(0), a.nb(2), a.nb(3)),
                        new Op.Transpose(),
                        a.root(),
                        0,
                        a);
        Tensor straight = h.run(new Op.Cont(), TensorType.F32, Shape.of(4, 6, 5), transposed);
        assertElements(straight, 0, (i0, i1, i2, _) -> h.at(a, i1, i0, i2, 0));
    }

    @Test
    void blockTypesAreCopiedThroughTheirRounding() {
        Tensor a = h.random(64, 3);
        Tensor blocks = h.run(new Op.Cpy(), TensorType.Q8_0, Shape.of(64, 3), a);
        Tensor back = h.run(new Op.Cpy(), TensorType.F32, Shape.of(32, 6), blocks);
        for (int i = 0; i < 192; i++) {
            assertEquals(h.at(a, i % 64, i / 64, 0, 0), h.at(back, i % 32, i / 32, 0, 0), 0.02);
        }
    }

    @Test
    void rowsOfQ8_0AreRoundedAsTheReferenceRoundsThem() {
        float[] values = hardToRound();
        int rows = values.length / 64;
        byte[] expected = new byte[values.length / 32 * 34];
        RowCodec.of(TensorType.Q8_0)
                .quantize(values, 0, MemorySegment.ofArray(expected), 0, values.length);
        Tensor a = h.floats(values, 64, rows);
        assertArrayEquals(
                expected, bytes(h.run(new Op.Cpy(), TensorType.Q8_0, Shape.of(64, rows), a)));
        // As long as all, of another length.
        Tensor flat = h.floats(values, 1, values.length);
        assertArrayEquals(
                expected, bytes(h.run(new Op.Cpy(), TensorType.Q8_0, Shape.of(64, rows), flat)));
        Tensor unaligned = h.unaligned(64, rows);
        TensorData to = new TensorData(unaligned);
        OpHarness.forEach(
                unaligned,
                (i0, i1, _, _) -> to.putFloat32(i0, i1, 0, 0, values[(int) (64 * i1 + i0)]));
        int[] numbers = new int[rows];
        Arrays.setAll(numbers, i -> rows - i); // from the last on, and none to row 0
        for (Tensor source : List.of(a, unaligned)) {
            Tensor target = h.leaf(TensorType.Q8_0, new byte[68 * (rows + 1)], 64, rows + 1);
            h.compute(
                    Tensor.view(
                            "d",
                            target.type(),
                            target.shape(),
                            target.strides(),
                            new Op.SetRows(),
                            target,
                            0,
                            source,
                            h.ints(numbers, rows),
                            target));
            byte[] actual = bytes(target);
            for (int row = 0; row < rows; row++) {
                int at = 68 * (rows - row);
                assertArrayEquals(
                        Arrays.copyOfRange(expected, 68 * row, 68 * (row + 1)),
                        Arrays.copyOfRange(actual, at, at + 68),
                        "row " + row);
            }
            assertArrayEquals(new byte[68], Arrays.copyOf(actual, 68));
        }
    }

    /// Rows of every size of float, of exact halves of a step, and of what is no number.
    private static float[] hardToRound() {
        Random random = new Random(3);
        float[] values = new float[64 * 320];
        for (int i = 0; i < values.length; i++) {
            int row = i / 64;
            values[i] =
                    switch (row % 4) {
                        case 0 -> (float) random.nextGaussian();
                        case 1 -> Math.scalb((float) random.nextGaussian(), row - 170);
                        // The greatest is 127 steps, so that halves are exact.
                        case 2 -> i % 32 == 0 ? 127 : (random.nextInt(509) - 254) * 0.5f;
                        default -> i % 32 == 7 ? -127 : Math.nextUp((i % 253) * 0.5f - 63.5f);
                    };
        }
        float[] odd = {
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            Float.MAX_VALUE,
            -0f
        };
        for (int i = 0; i < odd.length; i++) {
            int row = 64 * (8 * i + 4);
            values[row + 5] = odd[i]; // among others
            Arrays.fill(values, row + 32, row + 64, 0);
            values[row + 32 + i] = odd[i]; // alone
            Arrays.fill(values, row + 64, row + 96, odd[i]);
        }
        return values;
    }

    private byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.spanBytes()];
        MemorySegment data = new TensorData(tensor).bytes();
        MemorySegment.ofArray(bytes).copyFrom(data.asSlice(tensor.offset(), bytes.length));
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void concatJoinsAlongADimension(int dimension) {
        long[] more = {3, 4, 2, 2};
        more[dimension] = 5;
        Tensor a = h.strided(3, 4, 2, 2);
        Tensor b = h.permuted(more);
        long[] ne = {3, 4, 2, 2};
        ne[dimension] += 5;
        Tensor d = h.run(new Op.Concat(dimension), TensorType.F32, OpHarness.shape(ne), a, b);
        long cut = a.ne(dimension);
        assertElements(
                d,
                0,
                (i0, i1, i2, i3) -> {
                    long[] i = {i0, i1, i2, i3};
                    if (i[dimension] < cut) {
                        return h.at(a, i0, i1, i2, i3);
                    }
                    i[dimension] -= cut;
                    return h.at(b, i[0], i[1], i[2], i[3]);
                });
    }

    @Test
    void sumRowsAndArgsort() {
        Tensor a = h.strided(50, 3, 2);
        assertElements(
                h.run(new Op.SumRows(), TensorType.F32, Shape.of(1, 3, 2), a),
                CLOSE,
                (_, i1, i2, _) -> {
                    double sum = 0;
                    for (long i = 0; i < 50; i++) {
                        sum += h.at(a, i, i1, i2, 0);
                    }
                    return sum;
                });
        Tensor values = h.floats(new float[] {2, -1, 0, 2, -0f, -5, 2}, 7);
        Tensor down = h.run(new Op.Argsort(true), TensorType.I32, Shape.of(7), values);
        Tensor up = h.run(new Op.Argsort(false), TensorType.I32, Shape.of(7), values);
        int[] expectedDown = {0, 3, 6, 2, 4, 1, 5};
        int[] expectedUp = {5, 1, 2, 4, 0, 3, 6};
        for (int i = 0; i < 7; i++) {
            assertEquals(expectedDown[i], h.at(down, i, 0, 0, 0));
            assertEquals(expectedUp[i], h.at(up, i, 0, 0, 0));
        }
    }

    @Test
    void emptyTensorsAreLeftAlone() {
        Tensor a = h.random(16, 0);
        Tensor d = h.run(new Op.RmsNorm(1e-5f), TensorType.F32, Shape.of(16, 0), a);
        assertTrue(d.shape().isEmpty());
    }
}
