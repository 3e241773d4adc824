package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// SOFT_MAX and FLASH_ATTN_EXT.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class AttentionOpsTest extends OpTest {
    AttentionOpsTest(CpuVariant variant) {
        super(variant);
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
        check(
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
        check(
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

    @Test
    void attentionToNothingIsZero() {
        Tensor q = h.random(16, 3, 2);
        Tensor k = half(16, 0, 2);
        Tensor v = half(8, 0, 2);
        check(attend(q, k, v, null), 0, (_, _, _, _) -> 0);
        check(attend(q, k, v, half(0, 3)), 0, (_, _, _, _) -> 0);
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
}
