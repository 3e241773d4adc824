package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// SET_ROWS: the rows of a, rounded to the target's type, to the rows of source 2 that b numbers.
final class SetRowsCpu {
    private SetRowsCpu() {}

    static void compute(Tensor d, Processor cpu) {
        Tensor values = d.source(0);
        TensorData a = new TensorData(values);
        TensorData rows = new TensorData(d.source(1));
        TensorData out = new TensorData(d);
        int n = a.columns();
        Kernels.forEachRow(
                values,
                4L * n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    long row =
                            RowIndex.check(
                                    rows.integer(i1, i2 % rows.ne(1), i3 % rows.ne(2), 0),
                                    out.ne(1));
                    a.readRow(i1, i2, i3, x, 0);
                    out.writeRow(row, i2, i3, x, 0);
                });
    }
}
