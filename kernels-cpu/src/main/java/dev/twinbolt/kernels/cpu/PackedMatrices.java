package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The matrices of one buffer that are packed ([Packer]). In memory of the device they are packed
/// where they lie, and made what they were before anything but a matrix product sees them. Of bytes
/// that were adopted a packed copy is made, as they are not ours to change, and the pages of the
/// originals are given back to the system.
///
/// For the queue's thread alone.
final class PackedMatrices {
    /// Of the machine's memory this part stays free of copies.
    private static final int FREE_PART = 8;

    private final CpuBuffer buffer;
    private final TreeMap<Long, Matrix> matrices = new TreeMap<>();

    /// Whether a copy was too much already: every token would ask again.
    private boolean hasNoRoom;

    PackedMatrices(CpuBuffer buffer) {
        this.buffer = buffer;
    }

    /// A packed matrix: `rows` of `rowBytes`, from `offset` of the buffer on. Packed it lies at
    /// `address`, in a copy that `copy` holds, or where it was.
    record Matrix(
            TensorType type,
            long offset,
            long rowBytes,
            long rows,
            long address,
            @Nullable Arena copy,
            Packer packer) {
        long end() {
            return offset + rowBytes * rows;
        }

        /// What [#unpackRow] has to know.
        void addTo(NativeArguments arguments) {
            Packer.addTo(arguments, type, address, rowBytes);
        }

        /// Row `row` as it was, in this thread's [Scratch]; `arguments` is the address of what
        /// [#addTo] added. For any thread.
        MemorySegment unpackRow(long arguments, long row) {
            return packer.unpackRow(arguments, rowBytes, row);
        }
    }

    /// The matrix of `a` that starts `start` bytes into it, where it is packed.
    @Nullable Matrix find(Tensor a, long start) {
        Matrix matrix = matrices.get(a.offset() + start);
        return matrix != null
                        && matrix.type == a.type()
                        && matrix.rowBytes == a.type().rowBytes(a.ne(0))
                        && matrix.rowBytes == a.nb(1)
                        && matrix.rows == a.ne(1)
                ? matrix
                : null;
    }

    /// Packs the matrix of `a` that starts `start` bytes into it; null where that cannot be, or
    /// there is no memory for a copy.
    @SuppressWarnings("MustBeClosedChecker") // closed with the buffer, or when its bytes change
    @Nullable Matrix pack(Tensor a, long start, Packer packer) {
        long rowBytes = a.nb(1);
        long offset = a.offset() + start;
        if (rowBytes != a.type().rowBytes(a.ne(0)) || !packer.takes(rowBytes, a.ne(1))) {
            return null;
        }
        restore(offset, rowBytes * a.ne(1));
        long from = buffer.bytes().address() + offset;
        long to = from;
        Arena copy = null;
        if (buffer.isAdopted()) {
            if (hasNoRoom) {
                return null;
            }
            copy = Arena.ofShared();
            MemorySegment memory = room(rowBytes * a.ne(1), copy);
            if (memory == null) {
                hasNoRoom = true;
                copy.close();
                return null;
            }
            to = memory.address();
        }
        packer.pack(a.type(), from, rowBytes, a.ne(1), to);
        Matrix matrix = new Matrix(a.type(), offset, rowBytes, a.ne(1), to, copy, packer);
        matrices.put(offset, matrix);
        if (copy != null) {
            HugePages.giveBack(buffer.bytes().asSlice(offset, matrix.end() - offset));
        }
        return matrix;
    }

    private @Nullable MemorySegment room(long sizeBytes, Arena arena) {
        DeviceMemory memory = buffer.device().memory();
        if (memory.freeBytes() - sizeBytes < memory.totalBytes() / FREE_PART) {
            return null;
        }
        try {
            MemorySegment huge = HugePages.allocate(sizeBytes, arena);
            return huge != null ? huge : arena.allocate(sizeBytes, CpuDevice.ALIGNMENT);
        } catch (OutOfMemoryError e) {
            return null;
        }
    }

    /// Makes `sizeBytes` at `offset` what they are to the buffer's owner.
    void beforeRead(long offset, long sizeBytes) {
        if (!buffer.isAdopted()) {
            restore(offset, sizeBytes);
        }
    }

    /// The same, and forgets copies that are about to be none.
    void beforeWrite(long offset, long sizeBytes) {
        restore(offset, sizeBytes);
    }

    private void restore(long offset, long sizeBytes) {
        if (matrices.isEmpty()) {
            return;
        }
        Long first = matrices.floorKey(offset);
        Iterator<Matrix> overlapping =
                matrices.subMap(first == null ? offset : first, true, offset + sizeBytes, false)
                        .values()
                        .iterator();
        while (overlapping.hasNext()) {
            Matrix matrix = overlapping.next();
            if (matrix.end() > offset) {
                overlapping.remove();
                if (matrix.copy != null) {
                    matrix.copy.close();
                } else {
                    matrix.packer.unpack(matrix.type, matrix.address, matrix.rowBytes, matrix.rows);
                }
            }
        }
    }

    /// Frees the copies.
    void close() {
        for (Matrix matrix : matrices.values()) {
            if (matrix.copy != null) {
                matrix.copy.close();
            }
        }
        matrices.clear();
    }
}
