package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// MUL_MAT_ID: d\[n, s, t\] = Σk a\[k, n, c\[s, t\]\]·b\[k, s mod b.ne1, t\]: each token's columns
/// with the matrices of the experts chosen for it.
final class MulMatIdCpu {
    private MulMatIdCpu() {}

    static void compute(Tensor d, Processor cpu) {
        if (cpu.mulMat() != null && NativeMulMat.takes(d.source(0), d.source(1), d)) {
            computeNatively(d, cpu.mulMat());
        } else {
            computePlainly(d, cpu);
        }
    }

    /// Each expert with all the columns that chose it.
    private static void computeNatively(Tensor d, NativeMulMat kernel) {
        Tensor a = d.source(0);
        Tensor b = d.source(1);
        Map<Long, List<long[]>> chosen = new TreeMap<>();
        TensorData ids = new TensorData(d.source(2));
        for (long t = 0; t < d.ne(2); t++) {
            for (long s = 0; s < d.ne(1); s++) {
                long expert = RowIndex.check(ids.integer(s, t, 0, 0), a.ne(2));
                long[] places = {
                    s % b.ne(1) * b.nb(1) + t * b.nb(2), s * d.nb(1) + t * d.nb(2),
                };
                chosen.computeIfAbsent(expert, _ -> new ArrayList<>()).add(places);
            }
        }
        chosen.forEach(
                (expert, places) ->
                        kernel.multiply(
                                a,
                                expert * a.nb(2),
                                b,
                                d,
                                places.size(),
                                new NativeMulMat.Columns() {
                                    @Override
                                    public long source(long i) {
                                        return places.get((int) i)[0];
                                    }

                                    @Override
                                    public long result(long i) {
                                        return places.get((int) i)[1];
                                    }
                                }));
    }

    private static void computePlainly(Tensor d, Processor cpu) {
        Dot dot = cpu.dot();
        TensorData a = new TensorData(d.source(0));
        TensorData b = new TensorData(d.source(1));
        TensorData ids = new TensorData(d.source(2));
        TensorData out = new TensorData(d);
        int k = a.columns();
        float[] x = new float[k];
        for (long t = 0; t < d.ne(2); t++) {
            for (long s = 0; s < d.ne(1); s++) {
                long expert = RowIndex.check(ids.integer(s, t, 0, 0), a.ne(2));
                b.readRow(s % b.ne(1), t, 0, x, 0);
                long slot = s;
                long token = t;
                cpu.workers()
                        .shareUntilCancelled(
                                a.ne(1),
                                1,
                                5L * k,
                                (from, to) -> {
                                    float[] row = new float[k];
                                    for (long n = from; n < to; n++) {
                                        a.readRow(n, expert, 0, row, 0);
                                        out.putFloat32(
                                                n, slot, token, 0, dot.product(row, x, 0, k));
                                    }
                                });
            }
        }
    }
}
