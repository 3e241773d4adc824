package dev.twinbolt.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What the matrix products of one variant of the C kernels need of memory (`mul_mat.c`).
///
/// @param packedRows rows that are packed together
/// @param chunkBytes of 256 rounded elements of a column
/// @param scratchBytes of a thread
/// @param scratchColumnBytes of a thread for each column besides
record MulMatSizes(int packedRows, long chunkBytes, long scratchBytes, long scratchColumnBytes) {
    private static final int FIELDS = 4;
    private static final int CHUNK = 256;

    static MulMatSizes of(CpuVariant variant) {
        MemorySegment sizes =
                NativeLibrary.load()
                        .variable(
                                variant,
                                "mul_mat_sizes",
                                FIELDS * ValueLayout.JAVA_LONG.byteSize());
        return new MulMatSizes(
                Math.toIntExact(sizes.getAtIndex(ValueLayout.JAVA_LONG, 0)),
                sizes.getAtIndex(ValueLayout.JAVA_LONG, 1),
                sizes.getAtIndex(ValueLayout.JAVA_LONG, 2),
                sizes.getAtIndex(ValueLayout.JAVA_LONG, 3));
    }

    /// Of `columns` columns of `k` rounded elements.
    long activationBytes(long k, long columns) {
        return columns * Math.ceilDiv(k, CHUNK) * chunkBytes;
    }

    /// Of a thread that multiplies with `columns` columns.
    long scratchBytes(long columns) {
        return scratchBytes + columns * scratchColumnBytes;
    }
}
