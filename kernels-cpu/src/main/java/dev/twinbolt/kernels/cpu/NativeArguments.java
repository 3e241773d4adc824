package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The struct that a C kernel reads its arguments from: 8-byte fields in the order in which they
/// are added, floats as doubles. Filled by the thread that runs the op, before others see it.
final class NativeArguments {
    private static final int MAX_FIELDS = 64;

    private final MemorySegment fields = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, MAX_FIELDS);
    private int count;

    private MemorySegment slopes = MemorySegment.NULL;

    NativeArguments clear() {
        count = 0;
        return this;
    }

    long address() {
        return fields.address();
    }

    NativeArguments add(long value) {
        fields.setAtIndex(ValueLayout.JAVA_LONG, count++, value);
        return this;
    }

    NativeArguments add(float value) {
        fields.setAtIndex(ValueLayout.JAVA_DOUBLE, count++, value);
        return this;
    }

    /// Elements of a row, and rows in dimensions 1 and 2, by which the kernel finds its rows.
    NativeArguments addShape(Tensor tensor) {
        return add(tensor.ne(0)).add(tensor.ne(1)).add(tensor.ne(2));
    }

    /// A `tb_rows`: where the rows of `tensor`, which the kernel writes, lie.
    NativeArguments addResult(Tensor tensor) {
        checkWritable(tensor);
        return addRows(tensor);
    }

    static void checkWritable(Tensor tensor) {
        if (CpuDevice.bufferOf(tensor).bytes().isReadOnly()) {
            throw new InvalidGraphException("the result lies in a read-only buffer");
        }
    }

    /// A `tb_rows`: where the rows of `tensor` lie.
    NativeArguments addRows(Tensor tensor) {
        return addRows(addressOf(tensor), tensor.nb(1), tensor.nb(2), tensor.nb(3));
    }

    /// A `tb_rows` at address 0 where there is no tensor.
    NativeArguments addOptionalRows(@Nullable Tensor tensor) {
        return tensor == null ? addRows(0, 0, 0, 0) : addRows(tensor);
    }

    NativeArguments addRows(long address, long nb1, long nb2, long nb3) {
        return add(address).add(nb1).add(nb2).add(nb3);
    }

    /// The address of the tensor; 0 where there is none.
    NativeArguments addOptionalAddress(@Nullable Tensor tensor) {
        return add(tensor == null ? 0 : addressOf(tensor));
    }

    /// The address of the ALiBi slopes of all heads; 0 where all are 1.
    NativeArguments addSlopes(float maxBias, long headCount) {
        if (maxBias <= 0) {
            return add(0);
        }
        slopes = Scratch.atLeast(slopes, 4 * headCount);
        for (long head = 0; head < headCount; head++) {
            slopes.setAtIndex(ValueLayout.JAVA_FLOAT, head, Alibi.slope(maxBias, head, headCount));
        }
        return add(slopes.address());
    }

    /// Where the first element lies. C would end the process where memory was freed or its file was
    /// cut; so it is asked for here, where that is an exception.
    static long addressOf(Tensor tensor) {
        CpuBuffer buffer = CpuDevice.bufferOf(tensor);
        buffer.touch(tensor.offset(), tensor.spanBytes());
        return buffer.bytes().address() + tensor.offset();
    }

    /// Whether kernels take the rows: floats side by side.
    static boolean areFloatRows(@Nullable Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null && (tensor.type() != TensorType.F32 || !tensor.isRowContiguous())) {
                return false;
            }
        }
        return true;
    }
}
