package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// The bytes of one tensor, read and written row by row as floats, at any strides.
final class TensorData {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final long start;
    private final Tensor tensor;
    private final @Nullable RowCodec codec;
    private final boolean isRowContiguous;

    TensorData(Tensor tensor) {
        this.bytes = CpuDevice.bufferOf(tensor).bytes();
        this.start = tensor.offset();
        this.tensor = tensor;
        this.codec = isInteger(tensor.type()) ? null : RowCodec.of(tensor.type());
        this.isRowContiguous = tensor.isRowContiguous();
    }

    private static boolean isInteger(TensorType type) {
        return type == TensorType.I32 || type == TensorType.I64;
    }

    MemorySegment bytes() {
        return bytes;
    }

    /// Elements of a row.
    int columns() {
        return Math.toIntExact(tensor.ne(0));
    }

    long ne(int dimension) {
        return tensor.ne(dimension);
    }

    TensorType type() {
        return tensor.type();
    }

    /// The byte at which row (i1, i2, i3) starts.
    long rowStart(long i1, long i2, long i3) {
        return start + i1 * tensor.nb(1) + i2 * tensor.nb(2) + i3 * tensor.nb(3);
    }

    long elementStart(long i0, long i1, long i2, long i3) {
        return rowStart(i1, i2, i3) + i0 * tensor.nb(0);
    }

    /// Reads the whole row to `target[at..]`.
    void readRow(long i1, long i2, long i3, float[] target, int at) {
        read(0, columns(), i1, i2, i3, target, at);
    }

    /// Reads columns `first` to `first + count` of a row; of a block type only whole rows.
    void read(int first, int count, long i1, long i2, long i3, float[] target, int at) {
        long row = elementStart(first, i1, i2, i3);
        if (isRowContiguous) {
            codec().dequantize(bytes, row, target, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            codec().dequantize(bytes, row + i * tensor.nb(0), target, at + i, 1);
        }
    }

    /// Writes the whole row from `source[at..]`, rounded to the tensor's type.
    void writeRow(long i1, long i2, long i3, float[] source, int at) {
        long row = rowStart(i1, i2, i3);
        if (isRowContiguous) {
            codec().quantize(source, at, bytes, row, columns());
            return;
        }
        for (int i = 0; i < columns(); i++) {
            codec().quantize(source, at + i, bytes, row + i * tensor.nb(0), 1);
        }
    }

    /// Reads `count` elements of a contiguous tensor from element `first` on.
    void readLinear(long first, int count, float[] target) {
        codec().dequantize(bytes, start + tensor.type().rowBytes(first), target, 0, count);
    }

    /// Writes `count` elements of a contiguous tensor from element `first` on.
    void writeLinear(long first, int count, float[] source) {
        codec().quantize(source, 0, bytes, start + tensor.type().rowBytes(first), count);
    }

    /// The element of a float type at byte `at`; `one` is scratch memory.
    float element(long at, float[] one) {
        codec().dequantize(bytes, at, one, 0, 1);
        return one[0];
    }

    /// Writes `one` to the element of a float type at byte `at`.
    void putElement(long at, float[] one) {
        codec().quantize(one, 0, bytes, at, 1);
    }

    float float32(long i0, long i1, long i2, long i3) {
        return bytes.get(FLOAT, elementStart(i0, i1, i2, i3));
    }

    void putFloat32(long i0, long i1, long i2, long i3, float value) {
        bytes.set(FLOAT, elementStart(i0, i1, i2, i3), value);
    }

    void putInt32(long i0, long i1, long i2, long i3, int value) {
        bytes.set(INT, elementStart(i0, i1, i2, i3), value);
    }

    /// An element of an I32 or I64 tensor.
    long integer(long i0, long i1, long i2, long i3) {
        long at = elementStart(i0, i1, i2, i3);
        return tensor.type() == TensorType.I64 ? bytes.get(LONG, at) : bytes.get(INT, at);
    }

    private RowCodec codec() {
        if (codec == null) {
            throw new IllegalStateException(tensor.name() + " holds integers");
        }
        return codec;
    }
}
