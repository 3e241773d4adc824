package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// A row gives the same bits alone and among others, on one thread and on several.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class SameBitsTest {
    private static final int COLUMNS = 333;
    private static final int ROWS = 301;

    private final CpuVariant variant;

    SameBitsTest(CpuVariant variant) {
        this.variant = variant;
    }

    @Test
    void aloneAndTogetherOnAnyNumberOfThreads() {
        float[] a;
        float[] b;
        try (OpHarness h = new OpHarness(1, 77, variant)) {
            a = h.elements(h.random(COLUMNS, 1, ROWS));
            b = h.elements(h.random(COLUMNS, 1, ROWS));
        }
        List<float[]> expected = results(1, a, b, ROWS);
        for (int threads : new int[] {2, 5}) {
            assertSame(expected, results(threads, a, b, ROWS), 0);
        }
        for (int row = 0; row < ROWS; row += 50) {
            float[] oneA = Arrays.copyOfRange(a, row * COLUMNS, (row + 1) * COLUMNS);
            float[] oneB = Arrays.copyOfRange(b, row * COLUMNS, (row + 1) * COLUMNS);
            assertSame(expected, results(2, oneA, oneB, 1), row);
        }
    }

    private List<float[]> results(int threads, float[] valuesA, float[] valuesB, int rows) {
        try (OpHarness h = new OpHarness(threads, 1, variant)) {
            Tensor a = h.floats(valuesA, COLUMNS, 1, rows);
            Tensor b = h.floats(valuesB, COLUMNS, 1, rows);
            int[] positions = new int[rows];
            Arrays.fill(positions, 1234);
            Tensor at = h.ints(positions, rows);
            List<float[]> results = new ArrayList<>();
            for (RopeMode mode : RopeMode.values()) {
                Op op = new Op.Rope(COLUMNS - 1, mode, 512, 1e4f, 1, 0, 1, 32, 1, 0);
                results.add(h.elements(h.run(op, TensorType.F32, a.shape(), a, at)));
            }
            for (Op op :
                    List.of(new Op.Add(), new Op.Mul(), new Op.Glu(GluOp.SWIGLU, false, 0, 0))) {
                results.add(h.elements(h.run(op, TensorType.F32, a.shape(), a, b)));
            }
            for (Op op :
                    List.of(
                            new Op.RmsNorm(1e-6f),
                            new Op.SoftMax(2, 0),
                            new Op.Scale(3, 1),
                            new Op.Unary(UnaryOp.GELU))) {
                results.add(h.elements(h.run(op, TensorType.F32, a.shape(), a)));
            }
            return results;
        }
    }

    /// That `actual` is what `expected` has from `firstRow` on.
    private static void assertSame(List<float[]> expected, List<float[]> actual, int firstRow) {
        for (int op = 0; op < expected.size(); op++) {
            float[] some = actual.get(op);
            float[] all = expected.get(op);
            for (int i = 0; i < some.length; i++) {
                assertEquals(
                        Float.floatToRawIntBits(all[firstRow * COLUMNS + i]),
                        Float.floatToRawIntBits(some[i]),
                        "result " + op);
            }
        }
    }
}
