package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/// CPY, CONT and DUP: a's elements in row-major order to d's, converted to d's type.
final class CpyCpu {
    /// A multiple of every block size.
    private static final int CHUNK = 4096;

    private CpyCpu() {}

    static void compute(Tensor d, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        Tensor source = d.source(0);
        RowConversion conversion = RowConversion.of(source, d);
        Tensor rows = rowsOf(source, d);
        if (kernels == null || conversion == null || rows == null || cutsBlocks(rows, d)) {
            plain(d);
            return;
        }
        NativeArguments arguments = cpu.arguments();
        NativeArguments.checkWritable(d);
        addRows(arguments, d, rows);
        addRows(arguments, source, rows);
        long rowBytes = rows.type().rowBytes(rows.ne(0));
        arguments.addShape(rows).add(conversion.code()).add(rowBytes);
        long work = 4 + rows.ne(0) / 4;
        cpu.run(kernels.cpy(), arguments, rows.shape().rowCount(), work);
    }

    /// Whether `rows` are no whole blocks of d.
    private static boolean cutsBlocks(Tensor rows, Tensor d) {
        return rows.ne(0) % d.type().blockSize() != 0;
    }

    /// The one of both whose rows are whole stretches of the other's memory as well; null where
    /// neither is.
    private static @Nullable Tensor rowsOf(Tensor source, Tensor d) {
        if (d.isContiguous() || source.shape().equals(d.shape())) {
            return source;
        }
        return source.isContiguous() ? d : null;
    }

    /// Where the rows of `rows` lie in `tensor`, which has them one after the other if it has
    /// another shape.
    private static void addRows(NativeArguments arguments, Tensor tensor, Tensor rows) {
        if (tensor.shape().equals(rows.shape())) {
            arguments.addRows(tensor);
            return;
        }
        long nb1 = tensor.type().rowBytes(rows.ne(0));
        long nb2 = nb1 * rows.ne(1);
        arguments.addRows(NativeArguments.addressOf(tensor), nb1, nb2, nb2 * rows.ne(2));
    }

    private static void plain(Tensor d) {
        Tensor source = d.source(0);
        TensorData from = new TensorData(source);
        TensorData to = new TensorData(d);
        if (source.type().isQuantized() || d.type().isQuantized()) {
            blocks(source, from, d, to);
        } else {
            elements(source, from, d, to);
        }
    }

    private static void blocks(Tensor source, TensorData from, Tensor d, TensorData to) {
        if (source.isContiguous() && d.isContiguous()) {
            contiguous(source, from, d, to);
            return;
        }
        float[] row = new float[to.columns()];
        Position at = new Position(d);
        Position other = new Position(source);
        for (long r = 0; r < d.shape().rowCount(); r++) {
            from.readRow(other.i1, other.i2, other.i3, row, 0);
            to.writeRow(at.i1, at.i2, at.i3, row, 0);
            at.nextRow();
            other.nextRow();
        }
    }

    private static void contiguous(Tensor source, TensorData from, Tensor d, TensorData to) {
        if (source.type() == d.type()) {
            to.bytes()
                    .asSlice(d.offset(), d.spanBytes())
                    .copyFrom(from.bytes().asSlice(source.offset(), d.spanBytes()));
            return;
        }
        float[] chunk = new float[CHUNK];
        long total = d.shape().elementCount();
        for (long done = 0; done < total; done += CHUNK) {
            int count = (int) Math.min(CHUNK, total - done);
            from.readLinear(done, count, chunk);
            to.writeLinear(done, count, chunk);
        }
    }

    private static void elements(Tensor source, TensorData from, Tensor d, TensorData to) {
        Position at = new Position(d);
        Position other = new Position(source);
        boolean sameType = source.type() == d.type();
        float[] one = new float[1];
        long total = d.shape().elementCount();
        for (long i = 0; i < total; i++) {
            long fromByte = from.elementStart(other.i0, other.i1, other.i2, other.i3);
            long toByte = to.elementStart(at.i0, at.i1, at.i2, at.i3);
            if (sameType) {
                Elements.copy(from, fromByte, to, toByte);
            } else {
                one[0] =
                        source.type() == TensorType.I32
                                ? from.integer(other.i0, other.i1, other.i2, other.i3)
                                : from.element(fromByte, one);
                if (d.type() == TensorType.I32) {
                    to.putInt32(at.i0, at.i1, at.i2, at.i3, (int) one[0]);
                } else {
                    to.putElement(toByte, one);
                }
            }
            at.next();
            other.next();
        }
    }

    /// An index that walks a tensor in row-major order, i0 fastest.
    private static final class Position {
        private final Tensor tensor;
        private long i0;
        private long i1;
        private long i2;
        private long i3;

        Position(Tensor tensor) {
            this.tensor = tensor;
        }

        void next() {
            i0++;
            if (i0 == tensor.ne(0)) {
                i0 = 0;
                nextRow();
            }
        }

        void nextRow() {
            i1++;
            if (i1 == tensor.ne(1)) {
                i1 = 0;
                i2++;
                if (i2 == tensor.ne(2)) {
                    i2 = 0;
                    i3++;
                }
            }
        }
    }
}
