package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;

/// GET_ROWS: the rows of a that b numbers, as F32; those of an I32 a stay I32.
final class GetRowsCpu {
    private GetRowsCpu() {}

    static void compute(Tensor d, Processor cpu) {
        RowReader a = RowReader.of(d.source(0), cpu.arguments());
        TensorData rows = new TensorData(d.source(1));
        TensorData out = new TensorData(d);
        int n = out.columns();
        boolean isInteger = d.type() == TensorType.I32;
        Kernels.forEachRow(
                d,
                4L * n,
                n,
                cpu,
                (i1, i2, i3, x) -> {
                    long row = RowIndex.check(rows.integer(i1, i2, i3, 0), a.data().ne(1));
                    if (isInteger) {
                        Elements.copyRow(a.data(), row, i2, i3, out, 0, i1, i2, i3);
                    } else {
                        a.read(row, i2, i3, x);
                        out.writeRow(i1, i2, i3, x, 0);
                    }
                });
    }
}
