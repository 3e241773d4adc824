package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// MUL_MAT_ID: d\[n, s, t\] = Σk a\[k, n, c\[s, t\]\]·b\[k, s mod b.ne1, t\]: each token's columns
/// with the matrices of the experts chosen for it.
final class MulMatIdCpu {
    private MulMatIdCpu() {}

    static void compute(Tensor d, Workers workers) {
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
                workers.share(
                        a.ne(1),
                        5L * k,
                        (from, to) -> {
                            float[] row = new float[k];
                            for (long n = from; n < to; n++) {
                                a.readRow(n, expert, 0, row, 0);
                                out.putFloat32(n, slot, token, 0, Dot.product(row, x, 0, k));
                            }
                        });
            }
        }
    }
}
