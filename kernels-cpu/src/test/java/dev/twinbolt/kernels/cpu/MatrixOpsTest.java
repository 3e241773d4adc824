package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// MUL_MAT and MUL_MAT_ID.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class MatrixOpsTest extends OpTest {
    MatrixOpsTest(CpuVariant variant) {
        super(variant);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "31,5,3", "64,33,2", "257,9,7"})
    void mulMatSharesMatricesAmongGroups(long k, long n, long m) {
        Tensor a = h.strided(k, n, 2, 1);
        Tensor b = h.permuted(k, m, 6, 2);
        Tensor d = h.run(new Op.MulMat(), TensorType.F32, Shape.of(n, m, 6, 2), a, b);
        check(
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

    @Test
    void mulMatIdUsesTheChosenExperts() {
        Tensor a = h.random(32, 7, 4);
        Tensor b = h.random(32, 1, 3);
        Tensor ids = h.ints(new int[] {0, 3, 2, 2, 1, 0}, 2, 3);
        Tensor d = h.run(new Op.MulMatId(), TensorType.F32, Shape.of(7, 2, 3), a, b, ids);
        check(
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
}
