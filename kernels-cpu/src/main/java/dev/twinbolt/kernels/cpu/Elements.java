package dev.twinbolt.kernels.cpu;

import java.lang.foreign.MemorySegment;

/// Copies of elements as they are, between tensors of one type that is no block format.
final class Elements {
    private Elements() {}

    /// Row (j1, j2, j3) of `from` to columns `first` on of row (i1, i2, i3) of `to`.
    static void copyRow(
            TensorData from,
            long j1,
            long j2,
            long j3,
            TensorData to,
            long first,
            long i1,
            long i2,
            long i3) {
        for (int i = 0; i < from.columns(); i++) {
            copy(
                    from,
                    from.elementStart(i, j1, j2, j3),
                    to,
                    to.elementStart(first + i, i1, i2, i3));
        }
    }

    static void copy(TensorData from, long fromByte, TensorData to, long toByte) {
        MemorySegment.copy(from.bytes(), fromByte, to.bytes(), toByte, to.type().blockBytes());
    }
}
