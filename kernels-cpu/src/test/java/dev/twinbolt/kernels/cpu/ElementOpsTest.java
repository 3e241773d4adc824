package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ops that compute each element, or each row, by itself.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class ElementOpsTest extends OpTest {
    ElementOpsTest(CpuVariant variant) {
        super(variant);
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

    @Test
    void theSecondSourceIsRepeatedInEveryDimension() {
        Tensor a = h.strided(36, 4, 6, 4);
        for (Tensor b : List.of(h.random(12, 2, 3, 2), h.random(1, 4, 2), h.random(36, 1, 3, 2))) {
            check(new Op.Add(), a, b, Double::sum);
            check(new Op.Div(), a, b, (x, y) -> x / y);
        }
    }

    private void check(Op op, Tensor a, Tensor b, DoubleBinaryOperator f) {
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, b);
        check(
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
        check(d, CLOSE, (i0, i1, _, _) -> before[(int) (40 * i1 + i0)] * h.at(b, i0, 0, 0, 0));
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

    /// The two inner dimensions of a random tensor exchanged, so that rows have gaps.
    private Tensor transposed(long n0, long n1, long n2) {
        Tensor root = h.random(n1, n0, n2);
        Strides strides = new Strides(root.nb(1), root.nb(0), root.nb(2), root.nb(3));
        Shape shape = Shape.of(n0, n1, n2);
        return Tensor.view("t", TensorType.F32, shape, strides, new Op.Transpose(), root, 0, root);
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

    @Test
    void scaleClampAndFill() {
        Tensor a = h.strided(33, 3, 2);
        check(
                h.run(new Op.Scale(3, -1), TensorType.F32, a.shape(), a),
                CLOSE,
                (i0, i1, i2, i3) -> 3 * h.at(a, i0, i1, i2, i3) - 1);
        check(
                h.run(new Op.Clamp(-0.5f, Float.POSITIVE_INFINITY), TensorType.F32, a.shape(), a),
                CLOSE,
                (i0, i1, i2, i3) -> Math.max(-0.5, h.at(a, i0, i1, i2, i3)));
        check(
                h.run(new Op.Fill(Float.NEGATIVE_INFINITY), TensorType.F16, a.shape(), a),
                0,
                (_, _, _, _) -> Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 31, 32, 257})
    void rmsNormDividesByTheRootOfTheMeanSquare(long n) {
        Tensor a = h.strided(n, 2, 3);
        check(
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

    @Test
    void sumRowsAndArgsort() {
        Tensor a = h.strided(50, 3, 2);
        check(
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

    @Test
    void emptyTensorsAreLeftAlone() {
        Tensor a = h.random(16, 0);
        Tensor d = h.run(new Op.RmsNorm(1e-5f), TensorType.F32, Shape.of(16, 0), a);
        assertTrue(d.shape().isEmpty());
    }
}
