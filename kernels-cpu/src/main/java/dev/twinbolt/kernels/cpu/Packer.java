package dev.twinbolt.kernels.cpu;

import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/// Brings matrices into the form in which the C kernels of one variant read them as a single
/// stream, and back: the units of a few rows lie side by side (`blocks.h`). No byte is added.
///
/// For the queue's thread alone, but for [#unpackRow].
final class Packer {
    /// Rows longer than this are not worth the memory that packing needs besides.
    private static final long MAX_ROW_BYTES = 1 << 20;

    /// What is less may come too often to be kept account of.
    private static final long MIN_MATRIX_BYTES = 8 << 10;

    private final NativeKernels kernels;
    private final Workers workers;
    private final int rows;
    private final NativeArguments arguments = new NativeArguments();

    /// Packs `rows` rows together.
    Packer(NativeKernels kernels, int rows, Workers workers) {
        this.kernels = kernels;
        this.workers = workers;
        this.rows = rows;
    }

    /// Whether `count` rows of `rowBytes` can be packed.
    boolean takes(long rowBytes, long count) {
        return count % rows == 0
                && rowBytes <= MAX_ROW_BYTES
                && rowBytes * count >= MIN_MATRIX_BYTES;
    }

    /// Packs the `count` rows at address `from` to address `to`, which may be the same.
    void pack(TensorType type, long from, long rowBytes, long count, long to) {
        share(kernels.mulMatPack(), type, from, rowBytes, count, to);
    }

    /// Undoes [#pack] in place.
    void unpack(TensorType type, long address, long rowBytes, long count) {
        share(kernels.mulMatUnpack(), type, address, rowBytes, count, address);
    }

    private void share(
            NativeKernel kernel, TensorType type, long from, long rowBytes, long count, long to) {
        addTo(arguments.clear(), type, from, rowBytes).add(to);
        long address = arguments.address();
        long groupBytes = rowBytes * rows;
        workers.share(
                count / rows,
                groupBytes,
                (first, end) -> kernel.computeWithScratch(address, first, end, groupBytes));
    }

    /// What [#unpackRow] has to know of the packed matrix at `address`.
    static NativeArguments addTo(
            NativeArguments arguments, TensorType type, long address, long rowBytes) {
        return arguments.add(type.id()).add(address).add(rowBytes);
    }

    /// Row `row` as it was, in this thread's [Scratch]; `arguments` is the address of what [#addTo]
    /// added. For any thread.
    MemorySegment unpackRow(long arguments, long rowBytes, long row) {
        kernels.mulMatUnpackRows().computeWithScratch(arguments, row, row + 1, rowBytes);
        return Scratch.memory(rowBytes);
    }
}
