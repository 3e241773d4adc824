package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// SET_ROWS: the rows of a, rounded to the target's type, to the rows of source 2 that b numbers.
final class SetRowsCpu {
    private SetRowsCpu() {}

    static void compute(Tensor d, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor values = d.source(0);
        Tensor numbers = d.source(1);
        RowConversion conversion = RowConversion.of(values, d);
        if (kernels != null && conversion != null) {
            check(numbers, d.ne(1));
            NativeArguments arguments =
                    cpu.arguments()
                            .addResult(d)
                            .addRows(values)
                            .addShape(values)
                            .add(conversion.code())
                            .add(values.type().rowBytes(values.ne(0)))
                            .addRows(
                                    NativeArguments.addressOf(numbers),
                                    numbers.nb(0),
                                    numbers.nb(1),
                                    numbers.nb(2))
                            .add(numbers.ne(1))
                            .add(numbers.ne(2))
                            .add(numbers.type().blockBytes());
            long work = 4 + values.ne(0) / 4;
            cpu.run(kernels.setRows(), arguments, values.shape().rowCount(), work);
        } else {
            plain(d, cpu);
        }
    }

    private static void check(Tensor numbers, long rowCount) {
        TensorData rows = new TensorData(numbers);
        for (long i2 = 0; i2 < numbers.ne(2); i2++) {
            for (long i1 = 0; i1 < numbers.ne(1); i1++) {
                for (long i0 = 0; i0 < numbers.ne(0); i0++) {
                    RowIndex.check(rows.integer(i0, i1, i2, 0), rowCount);
                }
            }
        }
    }

    private static void plain(Tensor d, Processor cpu) {
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
