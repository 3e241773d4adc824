package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// FLASH_ATTN_EXT of every variant over caches as a model keeps them: a row holds all heads of a
/// cell.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class FlashAttnExtTest {
    private static final float HIDDEN = Float.NEGATIVE_INFINITY;

    private final CpuVariant variant;
    private final OpHarness h;

    FlashAttnExtTest(CpuVariant variant) {
        this.variant = variant;
        h = new OpHarness(2, 31, variant);
    }

    @AfterEach
    void close() {
        h.close();
    }

    /// The first `cells` cells of a cache as \[columns, cells, heads\].
    private static Tensor heads(Tensor cache, long columns, long cells) {
        long head = cache.type().rowBytes(columns);
        Strides strides = new Strides(cache.nb(0), cache.nb(1), head, cache.nb(1) * cache.ne(1));
        Shape shape = Shape.of(columns, cells, cache.ne(0) / columns);
        return Tensor.view("heads", cache.type(), shape, strides, new Op.View(), cache, 0, cache);
    }

    private Tensor cache(TensorType type, long columns, long heads, long cells) {
        return h.rounded(h.random(columns * heads, cells), type);
    }

    /// Queries as a model has them: heads of a token side by side.
    private Tensor queries(long columns, long queries, long heads) {
        return h.permuted(columns, queries, heads);
    }

    /// Each query sees one cell more than the one before; some cells nobody sees, some are biased.
    private static float[] causal(int cells, int queries) {
        float[] mask = new float[cells * queries];
        for (int i = 0; i < mask.length; i++) {
            int cell = i % cells;
            boolean isHidden = cell > cells - queries + i / cells || cell % 11 == 5;
            mask[i] = isHidden ? HIDDEN : -(cell % 3) * 0.5f;
        }
        return mask;
    }

    private Tensor run(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        Op op = new Op.FlashAttnExt(0.2f, 0, 0);
        return h.run(op, TensorType.F32, Shape.of(v.ne(0), q.ne(2), q.ne(1)), q, k, v, mask, null);
    }

    /// The formula in double precision.
    private double[] expected(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        float[] ke = h.elements(k);
        float[] ve = h.elements(v);
        int dk = (int) k.ne(0);
        int dv = (int) v.ne(0);
        int cells = (int) k.ne(1);
        long group = q.ne(2) / k.ne(2);
        double[] result = new double[(int) (dv * q.ne(2) * q.ne(1))];
        int at = 0;
        double[] asked = new double[dk];
        for (long query = 0; query < q.ne(1); query++) {
            for (long head = 0; head < q.ne(2); head++) {
                for (int i = 0; i < dk; i++) {
                    asked[i] = h.at(q, i, query, head, 0);
                }
                int first = (int) (head / group) * cells;
                double total = 0;
                for (int j = 0; j < cells; j++) {
                    double m = mask == null ? 0 : h.at(mask, j, query, 0, 0);
                    if (m == HIDDEN) {
                        continue;
                    }
                    double s = 0;
                    for (int i = 0; i < dk; i++) {
                        s += asked[i] * ke[(first + j) * dk + i];
                    }
                    double weight = Math.exp(0.2f * s + m);
                    total += weight;
                    for (int i = 0; i < dv; i++) {
                        result[at + i] += weight * ve[(first + j) * dv + i];
                    }
                }
                for (int i = 0; i < dv; i++) {
                    result[at++] /= total == 0 ? 1 : total;
                }
            }
        }
        return result;
    }

    private void check(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        double[] expected = expected(q, k, v, mask);
        float[] actual = h.elements(run(q, k, v, mask));
        for (int i = 0; i < expected.length; i++) {
            String where = "element %d, K %s, V %s, %d queries".formatted(i, k, v, q.ne(1));
            assertEquals(expected[i], actual[i], 1e-5 * Math.max(1, Math.abs(expected[i])), where);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F16,F16,64,64",
        "F16,F16,8,24",
        "F16,F16,7,9",
        "F32,F32,40,33",
        "F32,F16,128,16",
        "BF16,BF16,72,80",
        "BF16,F32,5,3",
        "Q8_0,Q8_0,64,32",
        "Q8_0,F16,32,65",
        "F16,Q8_0,576,512"
    })
    void allTypesAndHeadSizes(TensorType typeK, TensorType typeV, int dk, int dv) {
        int[][] sizes = {{1, 1}, {1, 63}, {1, 64}, {3, 65}, {9, 200}, {33, 130}};
        for (int[] size : sizes) {
            int queries = size[0];
            int cells = size[1];
            Tensor k = heads(cache(typeK, dk, 2, cells + 3), dk, cells);
            Tensor v = heads(cache(typeV, dv, 2, cells), dv, cells);
            Tensor q = queries(dk, queries, 6);
            check(q, k, v, h.half(causal(cells, queries), cells, queries));
            check(q, k, v, null);
        }
    }

    @Test
    void hiddenCellsAreNotTouched() {
        int cells = 150;
        int queries = 7;
        float[] mask = causal(cells, queries);
        Tensor k = cache(TensorType.F32, 16, 2, cells);
        Tensor v = cache(TensorType.F32, 16, 2, cells);
        Tensor q = queries(16, queries, 4);
        Tensor maskTensor = h.half(mask, cells, queries);
        float[] clean = h.elements(run(q, heads(k, 16, cells), heads(v, 16, cells), maskTensor));
        for (int cell = 0; cell < cells; cell++) {
            // What nobody sees, and what only the last query sees.
            if (cell % 11 == 5 || cell == cells - 1) {
                for (int i = 0; i < 32; i++) {
                    new TensorData(k).putFloat32(i, cell, 0, 0, Float.NaN);
                    new TensorData(v).putFloat32(i, cell, 0, 0, Float.POSITIVE_INFINITY);
                }
            }
        }
        float[] dirty = h.elements(run(q, heads(k, 16, cells), heads(v, 16, cells), maskTensor));
        int last = 16 * 4 * (queries - 1);
        assertSame(Arrays.copyOf(clean, last), Arrays.copyOf(dirty, last));
        for (int i = last; i < dirty.length; i++) {
            assertTrue(Float.isNaN(dirty[i]));
        }
    }

    @ParameterizedTest
    @CsvSource({"F16,64", "Q8_0,32", "F32,24"})
    void aQueryGivesTheSameBitsInEveryCompany(TensorType type, int dim) {
        int cells = 200;
        int queries = 37;
        float[] mask = causal(cells, queries);
        Tensor k = cache(type, dim, 2, cells + 60);
        Tensor v = cache(type, dim, 2, cells + 60);
        Tensor q = h.random(dim, 6, queries);
        float[] together =
                attend(h, q, 0, queries, heads(k, dim, cells), heads(v, dim, cells), mask);
        for (int query = 0; query < queries; query++) {
            // Alone, and before a longer cache.
            float[] own = Arrays.copyOfRange(mask, query * cells, (query + 1) * cells);
            float[] longer = new float[cells + 60];
            Arrays.fill(longer, HIDDEN);
            System.arraycopy(own, 0, longer, 0, cells);
            float[] alone =
                    attend(
                            h,
                            q,
                            query,
                            1,
                            heads(k, dim, cells + 60),
                            heads(v, dim, cells + 60),
                            longer);
            int size = 6 * dim;
            assertSame(Arrays.copyOfRange(together, query * size, (query + 1) * size), alone);
        }
        float[] keys = h.elements(k);
        float[] values = h.elements(v);
        float[] asked = h.elements(q);
        for (int threads : new int[] {1, 5}) {
            try (OpHarness other = new OpHarness(threads, 1, variant)) {
                Tensor otherK = other.rounded(other.floats(keys, 2L * dim, cells + 60), type);
                Tensor otherV = other.rounded(other.floats(values, 2L * dim, cells + 60), type);
                Tensor otherQ = other.floats(asked, dim, 6, queries);
                assertSame(
                        together,
                        attend(
                                other,
                                otherQ,
                                0,
                                queries,
                                heads(otherK, dim, cells),
                                heads(otherV, dim, cells),
                                mask));
            }
        }
    }

    /// Queries `first` to `first + count` of all.
    private static float[] attend(
            OpHarness h, Tensor all, int first, int count, Tensor k, Tensor v, float[] mask) {
        Strides strides = new Strides(4, all.nb(2), all.nb(1), all.nb(3));
        Shape shape = Shape.of(all.ne(0), count, all.ne(1));
        long offset = first * all.nb(2);
        Tensor q =
                Tensor.view("q", TensorType.F32, shape, strides, new Op.View(), all, offset, all);
        Tensor maskTensor = h.half(mask, mask.length / count, count);
        Op op = new Op.FlashAttnExt(0.2f, 0, 0);
        Shape result = Shape.of(v.ne(0), all.ne(1), count);
        return h.elements(h.run(op, TensorType.F32, result, q, k, v, maskTensor, null));
    }

    @Test
    void softcapSlopesAndSinksOverManyBlocks() {
        int cells = 300;
        Random random = new Random(5);
        float[] keys = new float[16 * cells];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (float) random.nextGaussian() * 3;
        }
        Tensor k = h.half(keys, 16, cells);
        Tensor v = h.random(4, cells);
        Tensor q = h.random(16, 2, 3);
        Tensor sinks = h.floats(new float[] {1, 9, -4}, 3);
        float[] maskValues = new float[cells * 2];
        for (int i = 0; i < maskValues.length; i++) {
            maskValues[i] = i % 7 == 3 ? HIDDEN : -(cells - i % cells) * 0.125f;
        }
        Tensor mask = h.half(maskValues, cells, 2);
        Op op = new Op.FlashAttnExt(0.7f, 8, 5);
        Tensor d = h.run(op, TensorType.F32, Shape.of(4, 3, 2), q, k, v, mask, sinks);
        OpHarness.forEach(
                d,
                (i0, head, query, _) -> {
                    double total = Math.exp(h.at(sinks, head, 0, 0, 0));
                    double sum = 0;
                    for (int j = 0; j < cells; j++) {
                        double m = h.at(mask, j, query, 0, 0);
                        if (m == HIDDEN) {
                            continue;
                        }
                        double s = 0;
                        for (int i = 0; i < 16; i++) {
                            s += h.at(q, i, query, head, 0) * h.at(k, i, j, 0, 0);
                        }
                        s = 5 * Math.tanh(0.7f * s / 5) + Alibi.slope(8, head, 3) * m;
                        total += Math.exp(s);
                        sum += Math.exp(s) * h.at(v, i0, j, 0, 0);
                    }
                    assertEquals(sum / total, h.at(d, i0, head, query, 0), 1e-5);
                });
    }

    private static void assertSame(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(actual[i]));
        }
    }
}
