package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ops that move elements: copies, rows by number, CONCAT.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class CopyOpsTest extends OpTest {
    CopyOpsTest(CpuVariant variant) {
        super(variant);
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
        check(straight, 0, (i0, i1, i2, _) -> h.at(a, i1, i0, i2, 0));
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
    void blockTypesAreCopiedThroughTheirRounding() {
        Tensor a = h.random(64, 3);
        Tensor blocks = h.run(new Op.Cpy(), TensorType.Q8_0, Shape.of(64, 3), a);
        Tensor back = h.run(new Op.Cpy(), TensorType.F32, Shape.of(32, 6), blocks);
        for (int i = 0; i < 192; i++) {
            assertEquals(h.at(a, i % 64, i / 64, 0, 0), h.at(back, i % 32, i / 32, 0, 0), 0.02);
        }
    }

    @Test
    void blocksAreCopiedAsTheyAre() {
        Tensor a = h.rounded(h.random(64, 3), TensorType.Q4_0);
        Tensor copy = h.run(new Op.Dup(), TensorType.Q4_0, Shape.of(32, 6), a);
        assertArrayEquals(bytes(a), bytes(copy));
        byte[] odd = new byte[2 * TensorType.Q4_K.blockBytes()];
        Arrays.fill(odd, (byte) 5);
        Tensor readOnly = h.leaf(TensorType.Q4_K, odd, 512);
        Tensor same = h.run(new Op.Cont(), TensorType.Q4_K, Shape.of(512), readOnly);
        assertArrayEquals(odd, bytes(same));
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

    @Test
    void getRowsAndSetRowsFollowTheirNumbers() {
        Tensor a = h.random(12, 5, 2);
        Tensor rows = h.ints(new int[] {4, 0, 4, 1, 2, 3}, 3, 2);
        Tensor got = h.run(new Op.GetRows(), TensorType.F32, Shape.of(12, 3, 2), a, rows);
        check(got, 0, (i0, i1, i2, _) -> h.at(a, i0, (long) h.at(rows, i1, i2, 0, 0), i2, 0));
        Tensor target = h.half(new float[12 * 6 * 4 * 4], 12, 6, 4, 4);
        Tensor values = h.permuted(12, 3, 4, 4);
        Tensor numbers = h.ints(new int[] {5, 0, 2, 1, 3, 4, 0, 1, 2, 5, 4, 3}, 3, 2, 2);
        h.compute(OpHarness.setRows(target, values, numbers));
        check(
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
        check(
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

    private static byte[] bytes(Tensor tensor) {
        MemorySegment data = new TensorData(tensor).bytes();
        return data.asSlice(tensor.offset(), tensor.spanBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
}
