package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// MUL_MAT: d\[n, m\] = Σk a\[k, n\]·b\[k, m\]. In plain Java a row of a is made floats once and
/// multiplied with every column of b, and b is never rounded.
final class MulMatCpu {
    /// Columns of b that are held as floats at a time: enough to use a row of a well, and little
    /// memory.
    private static final int CHUNK_FLOATS = 1 << 24;

    private MulMatCpu() {}

    static void compute(Tensor d, Processor cpu) {
        Tensor a = d.source(0);
        Tensor b = d.source(1);
        if (cpu.mulMat() != null && NativeMulMat.takes(a, b, d)) {
            computeNatively(a, b, d, cpu.mulMat());
        } else {
            computePlainly(d, cpu);
        }
    }

    private static void computeNatively(Tensor a, Tensor b, Tensor d, NativeMulMat kernel) {
        long ratio2 = b.ne(2) / a.ne(2);
        long ratio3 = b.ne(3) / a.ne(3);
        for (long i3 = 0; i3 < a.ne(3); i3++) {
            for (long i2 = 0; i2 < a.ne(2); i2++) {
                long first2 = i2 * ratio2;
                long first3 = i3 * ratio3;
                kernel.multiply(
                        a,
                        i2 * a.nb(2) + i3 * a.nb(3),
                        b,
                        d,
                        b.ne(1) * ratio2 * ratio3,
                        new NativeMulMat.Columns() {
                            @Override
                            public long source(long i) {
                                return at(b, i);
                            }

                            @Override
                            public long result(long i) {
                                return at(d, i);
                            }

                            private long at(Tensor t, long i) {
                                return i % b.ne(1) * t.nb(1)
                                        + (first2 + i / b.ne(1) % ratio2) * t.nb(2)
                                        + (first3 + i / b.ne(1) / ratio2) * t.nb(3);
                            }
                        });
            }
        }
    }

    private static void computePlainly(Tensor d, Processor cpu) {
        Dot dot = cpu.dot();
        TensorData a = new TensorData(d.source(0));
        TensorData b = new TensorData(d.source(1));
        TensorData out = new TensorData(d);
        int k = a.columns();
        int chunk = (int) Math.min(Math.max(1, CHUNK_FLOATS / Math.max(1, k)), b.ne(1));
        float[] x = new float[Math.multiplyExact(chunk, k)];
        long ratio2 = b.ne(2) / a.ne(2);
        long ratio3 = b.ne(3) / a.ne(3);
        for (long i3 = 0; i3 < b.ne(3); i3++) {
            for (long i2 = 0; i2 < b.ne(2); i2++) {
                for (long first = 0; first < b.ne(1); first += chunk) {
                    int columns = (int) Math.min(chunk, b.ne(1) - first);
                    for (int m = 0; m < columns; m++) {
                        b.readRow(first + m, i2, i3, x, m * k);
                    }
                    long column = first;
                    long z2 = i2;
                    long z3 = i3;
                    cpu.workers()
                            .shareUntilCancelled(
                                    a.ne(1),
                                    1,
                                    (long) columns * k + 4L * k,
                                    (from, to) -> {
                                        float[] row = new float[k];
                                        for (long n = from; n < to; n++) {
                                            a.readRow(n, z2 / ratio2, z3 / ratio3, row, 0);
                                            for (int m = 0; m < columns; m++) {
                                                float sum = dot.product(row, x, m * k, k);
                                                out.putFloat32(n, column + m, z2, z3, sum);
                                            }
                                        }
                                    });
                }
            }
        }
    }
}
