package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The rows of a tensor, whether it is packed or not.
final class RowReader {
    private final TensorData data;
    private final PackedMatrices.@Nullable Matrix packed;
    private final long arguments;

    private RowReader(
            TensorData data, PackedMatrices.@Nullable Matrix packed, NativeArguments arguments) {
        this.data = data;
        this.packed = packed;
        this.arguments = arguments.address();
    }

    /// For the op that `arguments`, still without any, are of.
    static RowReader of(Tensor tensor, NativeArguments arguments) {
        PackedMatrices matrices = CpuDevice.bufferOf(tensor).packed();
        boolean isMatrix = tensor.ne(2) * tensor.ne(3) == 1;
        PackedMatrices.Matrix packed = isMatrix ? matrices.find(tensor, 0) : null;
        if (packed == null) {
            matrices.beforeRead(tensor.offset(), tensor.spanBytes());
        } else {
            packed.addTo(arguments);
        }
        return new RowReader(new TensorData(tensor), packed, arguments);
    }

    /// The rows as they lie in memory, where they are not packed.
    TensorData data() {
        return data;
    }

    /// Reads a row as floats. For any thread.
    void read(long i1, long i2, long i3, float[] target) {
        if (packed == null) {
            data.readRow(i1, i2, i3, target, 0);
            return;
        }
        MemorySegment row = packed.unpackRow(arguments, i1);
        RowCodec codec = Objects.requireNonNull(RowCodec.of(packed.type()));
        codec.dequantize(row, 0, target, 0, data.columns());
    }
}
