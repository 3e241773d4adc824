package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Operands that the rules allow and a llama's graph does not have: other types, layouts and shares
/// than the native kernels take, or than they meet every day. Against a double-precision loop.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class UnusualOperandsTest {
    private static final double CLOSE = 2e-6;
    private static final double HALF = 1e-3;

    private final OpHarness h;

    UnusualOperandsTest(CpuVariant variant) {
        h = new OpHarness(2, 41, variant);
    }

    @AfterEach
    void close() {
        h.close();
    }

    private interface Expected {
        double at(long i0, long i1, long i2, long i3);
    }

    private void check(Tensor d, double tolerance, Expected expected) {
        OpHarness.forEach(
                d,
                (i0, i1, i2, i3) -> {
                    double e = expected.at(i0, i1, i2, i3);
                    assertEquals(
                            e,
                            h.at(d, i0, i1, i2, i3),
                            tolerance * Math.max(1, Math.abs(e)),
                            () -> "%s, (%d, %d, %d, %d)".formatted(d, i0, i1, i2, i3));
                });
    }

    /// The two inner dimensions of a random tensor exchanged, so that rows have gaps.
    private Tensor transposed(long n0, long n1, long n2) {
        Tensor root = h.random(n1, n0, n2);
        Strides strides = new Strides(root.nb(1), root.nb(0), root.nb(2), root.nb(3));
        Shape shape = Shape.of(n0, n1, n2);
        return Tensor.view("t", TensorType.F32, shape, strides, new Op.Transpose(), root, 0, root);
    }

    private Tensor half(long... ne) {
        return h.rounded(h.random(ne), TensorType.F16);
    }

    @Test
    void theSecondSourceIsRepeatedInEveryDimension() {
        Tensor a = h.strided(36, 4, 6, 4);
        for (Tensor b : List.of(h.random(12, 2, 3, 2), h.random(1, 4, 2), h.random(36, 1, 3, 2))) {
            Tensor sum = h.run(new Op.Add(), TensorType.F32, a.shape(), a, b);
            Tensor quotient = h.run(new Op.Div(), TensorType.F32, a.shape(), a, b);
            check(sum, CLOSE, (i0, i1, i2, i3) -> h.at(a, i0, i1, i2, i3) + at(b, i0, i1, i2, i3));
            check(
                    quotient,
                    CLOSE,
                    (i0, i1, i2, i3) -> h.at(a, i0, i1, i2, i3) / at(b, i0, i1, i2, i3));
        }
    }

    private double at(Tensor repeated, long i0, long i1, long i2, long i3) {
        return h.at(
                repeated,
                i0 % repeated.ne(0),
                i1 % repeated.ne(1),
                i2 % repeated.ne(2),
                i3 % repeated.ne(3));
    }

    @Test
    void halvesAreReadAndWrittenAsHalves() {
        Tensor a = half(20, 3, 2);
        Tensor b = half(20, 3, 2);
        Tensor floats = h.random(20, 3, 2);
        Shape shape = a.shape();
        check(
                h.run(new Op.Mul(), TensorType.F16, shape, a, b),
                HALF,
                (i0, i1, i2, _) -> h.at(a, i0, i1, i2, 0) * h.at(b, i0, i1, i2, 0));
        check(
                h.run(new Op.Sub(), TensorType.F32, shape, a, floats),
                CLOSE,
                (i0, i1, i2, _) -> h.at(a, i0, i1, i2, 0) - h.at(floats, i0, i1, i2, 0));
        check(
                h.run(new Op.Unary(UnaryOp.RELU), TensorType.F16, shape, a),
                0,
                (i0, i1, i2, _) -> Math.max(0, h.at(a, i0, i1, i2, 0)));
        check(
                h.run(new Op.Glu(GluOp.REGLU, false, 0, 0), TensorType.F16, shape, a, b),
                HALF,
                (i0, i1, i2, _) -> Math.max(0, h.at(a, i0, i1, i2, 0)) * h.at(b, i0, i1, i2, 0));
    }

    @Test
    void rowsWithGapsAreReadAndWrittenElementByElement() {
        Tensor a = transposed(9, 5, 2);
        check(
                h.run(new Op.Unary(UnaryOp.RELU), TensorType.F32, a.shape(), a),
                0,
                (i0, i1, i2, _) -> Math.max(0, h.at(a, i0, i1, i2, 0)));
        check(
                h.run(new Op.Clamp(-0.5f, 0.25f), TensorType.F32, a.shape(), a),
                0,
                (i0, i1, i2, _) -> Math.clamp(h.at(a, i0, i1, i2, 0), -0.5, 0.25));
        Tensor b = h.random(9, 5, 2);
        Tensor into = transposed(9, 5, 2);
        Tensor d =
                Tensor.view(
                        "d",
                        TensorType.F32,
                        b.shape(),
                        into.strides(),
                        new Op.Unary(UnaryOp.NEG),
                        into.root(),
                        0,
                        b);
        h.compute(d);
        check(d, 0, (i0, i1, i2, _) -> -h.at(b, i0, i1, i2, 0));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "F32"})
    void softMaxHasAMaskForSomeHeadsAndSequences(TensorType type) {
        Tensor a = h.random(37, 3, 6, 4);
        Tensor mask = h.rounded(h.random(37, 4, 3, 2), type);
        check(
                h.run(new Op.SoftMax(0.5f, 0), TensorType.F32, a.shape(), a, mask),
                CLOSE,
                (i0, i1, i2, i3) -> {
                    double total = 0;
                    double own = 0;
                    for (long j = 0; j < 37; j++) {
                        double m = h.at(mask, j, i1, i2 % 3, i3 % 2);
                        double e = Math.exp(0.5 * h.at(a, j, i1, i2, i3) + m);
                        total += e;
                        own = j == i0 ? e : own;
                    }
                    return own / total;
                });
    }

    /// e^x of scores like these is no float, wherever in its row the greatest stands.
    @Test
    void softMaxOfLargeScoresIsFinite() {
        for (int n : new int[] {1, 5, 16, 19, 33}) {
            for (int greatest : new int[] {0, n / 2, n - 1}) {
                float[] scores = new float[n];
                Arrays.fill(scores, 300);
                scores[greatest] = 1000;
                Tensor a = h.floats(scores, n);
                check(
                        h.run(new Op.SoftMax(1, 0), TensorType.F32, a.shape(), a),
                        CLOSE,
                        (i0, _, _, _) -> i0 == greatest ? 1 : 0);
            }
        }
    }

    @Test
    void attentionHasAMaskForSomeHeadsAndSequences() {
        Tensor q = h.permuted(16, 3, 6, 4);
        Tensor k = h.random(16, 9, 2, 2);
        Tensor v = h.random(8, 9, 2, 2);
        Tensor mask = half(9, 3, 3, 2);
        checkAttention(q, k, v, mask);
    }

    @Test
    void valuesMayBeSharedByOtherGroupsThanKeys() {
        Tensor q = h.permuted(16, 3, 6, 4);
        Tensor mask = half(9, 3);
        checkAttention(q, h.random(16, 9, 6, 4), h.random(8, 9, 2, 4), mask);
        checkAttention(q, h.random(16, 9, 2, 4), h.random(8, 9, 2, 1), mask);
        checkAttention(q, h.random(16, 9, 1, 2), h.random(8, 9, 3, 4), mask);
    }

    /// Of formats that no native kernel reads there.
    @ParameterizedTest
    @EnumSource(names = {"Q4_0", "Q5_1", "IQ4_NL"})
    void keysAndValuesMayBeOfOtherFormats(TensorType type) {
        Tensor q = h.random(32, 3, 2);
        Tensor k = h.rounded(h.random(32, 9, 2), type);
        Tensor v = h.rounded(h.random(64, 9, 2), type);
        Tensor floatsK = h.rounded(k, TensorType.F32);
        Tensor floatsV = h.rounded(v, TensorType.F32);
        assertAttends(attend(q, k, v, null), q, floatsK, floatsV, null);
    }

    private void checkAttention(Tensor q, Tensor k, Tensor v, Tensor mask) {
        assertAttends(attend(q, k, v, mask), q, k, v, mask);
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        Shape shape = Shape.of(v.ne(0), q.ne(2), q.ne(1), q.ne(3));
        return h.run(new Op.FlashAttnExt(0.2f, 0, 0), TensorType.F32, shape, q, k, v, mask);
    }

    private void assertAttends(Tensor d, Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        check(
                d,
                1e-5,
                (i0, head, query, z) -> {
                    double total = 0;
                    double sum = 0;
                    for (long j = 0; j < k.ne(1); j++) {
                        double s = 0;
                        for (long i = 0; i < k.ne(0); i++) {
                            s +=
                                    h.at(q, i, query, head, z)
                                            * h.at(k, i, j, of(k, q, head), z(k, q, z));
                        }
                        double m =
                                mask == null
                                        ? 0
                                        : h.at(mask, j, query, head % mask.ne(2), z % mask.ne(3));
                        double weight = Math.exp(0.2f * s + m);
                        total += weight;
                        sum += weight * h.at(v, i0, j, of(v, q, head), z(v, q, z));
                    }
                    return sum / total;
                });
    }

    private static long of(Tensor shared, Tensor q, long head) {
        return head / (q.ne(2) / shared.ne(2));
    }

    private static long z(Tensor shared, Tensor q, long z) {
        return z / (q.ne(3) / shared.ne(3));
    }

    @ParameterizedTest
    @EnumSource(RopeMode.class)
    void ropeTurnsHalvesAndEverySequence(RopeMode mode) {
        int[] positions = {3, 900, 17};
        for (TensorType type : List.of(TensorType.F32, TensorType.F16)) {
            Tensor a = h.rounded(h.random(8, 2, 3, 2), type);
            Op op = new Op.Rope(8, mode, 512, 1e4f, 1, 0, 1, 32, 1, 0);
            check(
                    h.run(op, type, a.shape(), a, h.ints(positions, 3)),
                    type == TensorType.F32 ? 1e-5 : HALF,
                    (i0, head, token, z) -> {
                        boolean isNeox = mode == RopeMode.NEOX;
                        long pair = isNeox ? i0 % 4 : i0 / 2;
                        long first = isNeox ? pair : 2 * pair;
                        double angle = positions[(int) token] * Math.pow(1e4, -pair / 4.0);
                        double x = h.at(a, first, head, token, z);
                        double y = h.at(a, first + (isNeox ? 4 : 1), head, token, z);
                        return i0 == first
                                ? x * Math.cos(angle) - y * Math.sin(angle)
                                : x * Math.sin(angle) + y * Math.cos(angle);
                    });
        }
    }

    @Test
    void matricesAreSharedInBothOuterDimensions() {
        Tensor a = h.strided(33, 5, 2, 2);
        Tensor b = h.permuted(33, 3, 6, 4);
        check(
                h.run(new Op.MulMat(), TensorType.F32, Shape.of(5, 3, 6, 4), a, b),
                1e-5,
                (i0, i1, i2, i3) -> {
                    double sum = 0;
                    for (long i = 0; i < 33; i++) {
                        sum += h.at(a, i, i0, i2 / 3, i3 / 2) * h.at(b, i, i1, i2, i3);
                    }
                    return sum;
                });
    }

    /// Which lie half as far apart as floats: who read them as floats would read past their end.
    @ParameterizedTest
    @EnumSource(names = {"F16", "F32"})
    void theColumnsOfAProductMayBeHalves(TensorType type) {
        Tensor a = h.rounded(h.random(40, 6), type);
        Tensor b = half(40, 4);
        check(
                h.run(new Op.MulMat(), TensorType.F32, Shape.of(6, 4), a, b),
                1e-5,
                (i0, i1, _, _) -> {
                    double sum = 0;
                    for (long i = 0; i < 40; i++) {
                        sum += h.at(a, i, i0, 0, 0) * h.at(b, i, i1, 0, 0);
                    }
                    return sum;
                });
    }

    /// More than a kernel is given at a time: each column is the same in any company.
    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "Q8_0", "Q4_K"})
    void aProductMayHaveThousandsOfColumns(TensorType type) {
        int k = 256;
        int columns = 2100;
        byte[] weights = new byte[(int) type.rowBytes(k) * 5];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (byte) (i * 37 & 0x3F);
        }
        Tensor a = h.leaf(type, weights, k, 5);
        Tensor b = h.random(k, columns);
        float[] all =
                h.elements(h.run(new Op.MulMat(), TensorType.F32, Shape.of(5, columns), a, b));
        for (int first : new int[] {0, 47, 1020, 2040}) {
            Shape some = Shape.of(k, 60);
            Tensor part =
                    Tensor.view(
                            "part",
                            TensorType.F32,
                            some,
                            b.strides(),
                            new Op.View(),
                            b,
                            first * b.nb(1),
                            b);
            assertArrayEquals(
                    Arrays.copyOfRange(all, 5 * first, 5 * (first + 60)),
                    h.elements(h.run(new Op.MulMat(), TensorType.F32, Shape.of(5, 60), a, part)),
                    "columns from " + first);
        }
    }

    /// As in the second product of a mixture of experts.
    @Test
    void eachExpertMayHaveAColumnOfItsOwn() {
        Tensor a = h.random(32, 7, 4);
        Tensor b = h.permuted(32, 2, 3);
        int[] chosen = {0, 3, 2, 2, 1, 0, 3, 3, 0, 1, 2, 1};
        Tensor ids = h.ints(chosen, 4, 3);
        check(
                h.run(new Op.MulMatId(), TensorType.F32, Shape.of(7, 4, 3), a, b, ids),
                1e-5,
                (i0, s, t, _) -> {
                    double sum = 0;
                    for (long i = 0; i < 32; i++) {
                        sum +=
                                h.at(a, i, i0, chosen[(int) (4 * t + s)], 0)
                                        * h.at(b, i, s % 2, t, 0);
                    }
                    return sum;
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "Q8_0", "Q4_K"})
    void aSumOfNothingIsZero(TensorType type) {
        Tensor none = h.leaf(type, new byte[0], 0, 9, 2);
        Tensor ids = h.ints(new int[] {1, 0, 1}, 1, 3);
        for (int columns : new int[] {1, 3, 9}) {
            Shape shape = Shape.of(9, columns, 2);
            Tensor b = h.random(0, columns, 2);
            check(h.run(new Op.MulMat(), TensorType.F32, shape, none, b), 0, (_, _, _, _) -> 0);
        }
        Tensor b = h.random(0, 1, 3);
        Tensor chosen = h.run(new Op.MulMatId(), TensorType.F32, Shape.of(9, 1, 3), none, b, ids);
        check(chosen, 0, (_, _, _, _) -> 0);
        Tensor sums = h.run(new Op.SumRows(), TensorType.F32, Shape.of(1, 4), h.random(0, 4));
        check(sums, 0, (_, _, _, _) -> 0);
    }

    @Test
    void attentionToNothingIsZero() {
        Tensor q = h.random(16, 3, 2);
        Tensor k = half(16, 0, 2);
        Tensor v = half(8, 0, 2);
        check(attend(q, k, v, null), 0, (_, _, _, _) -> 0);
        check(attend(q, k, v, half(0, 3)), 0, (_, _, _, _) -> 0);
    }

    @Test
    void blocksAreCopiedAsTheyAre() {
        Tensor a = h.rounded(h.random(64, 3), TensorType.Q4_0);
        Tensor copy = h.run(new Op.Dup(), TensorType.Q4_0, Shape.of(32, 6), a);
        assertEquals(-1, bytes(a).mismatch(bytes(copy)));
        byte[] odd = new byte[2 * TensorType.Q4_K.blockBytes()];
        Arrays.fill(odd, (byte) 5);
        Tensor readOnly = h.leaf(TensorType.Q4_K, odd, 512);
        Tensor same = h.run(new Op.Cont(), TensorType.Q4_K, Shape.of(512), readOnly);
        assertEquals(-1, bytes(readOnly).mismatch(bytes(same)));
    }

    private static MemorySegment bytes(Tensor t) {
        return new TensorData(t).bytes().asSlice(t.offset(), t.spanBytes());
    }

    @Test
    void wholeNumbersBecomeFloatsAndTheirRowsStayWhole() {
        int[] values = {1, -2, 1 << 24, 7, Integer.MIN_VALUE, 0};
        Tensor a = h.ints(values, 2, 3);
        check(
                h.run(new Op.Cpy(), TensorType.F32, Shape.of(3, 2), a),
                0,
                (i0, i1, _, _) -> values[(int) (3 * i1 + i0)]);
        check(
                h.run(
                        new Op.GetRows(),
                        TensorType.I32,
                        Shape.of(2, 2),
                        a,
                        h.ints(new int[] {2, 0}, 2)),
                0,
                (i0, i1, _, _) -> values[(int) (i1 == 0 ? 4 + i0 : i0)]);
    }

    @Test
    void whatIsNoNumberIsSortedAsTheLargest() {
        float negative = Float.intBitsToFloat(0xFFC00000);
        float[] values = {1, Float.NaN, Float.POSITIVE_INFINITY, negative, Float.NEGATIVE_INFINITY};
        Tensor a = h.floats(values, 5);
        int[] up = {4, 0, 2, 1, 3};
        int[] down = {1, 3, 2, 0, 4};
        check(
                h.run(new Op.Argsort(false), TensorType.I32, a.shape(), a),
                0,
                (i0, _, _, _) -> up[(int) i0]);
        check(
                h.run(new Op.Argsort(true), TensorType.I32, a.shape(), a),
                0,
                (i0, _, _, _) -> down[(int) i0]);
    }
}
