package dev.twinbolt.kernels.cpu;

import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Brings matrices into the form in which the C kernels of one variant read them as a single
/// stream, and back: the units of a few rows lie side by side (`blocks.h`). No byte is added.
final class Packer {
    /// Rows longer than this are not worth the memory that packing needs besides.
    private static final long MAX_ROW_BYTES = 1 << 20;

    /// What is less may come too often to be kept account of.
    private static final long MIN_MATRIX_BYTES = 8 << 10;

    private final Functions functions;
    private final Workers workers;
    private final int rows;

    Packer(CpuVariant variant, Workers workers) {
        this.functions = Functions.of(variant);
        this.workers = workers;
        this.rows = functions.packedRows();
    }

    /// Whether `count` rows of `rowBytes` can be packed.
    boolean takes(long rowBytes, long count) {
        return count % rows == 0
                && rowBytes <= MAX_ROW_BYTES
                && rowBytes * count >= MIN_MATRIX_BYTES;
    }

    /// Packs the `count` rows at address `from` to address `to`, which may be the same.
    void pack(TensorType type, long from, long rowBytes, long count, long to) {
        workers.share(
                count / rows,
                rowBytes * rows,
                (first, end) ->
                        functions.pack(
                                type.id(), from, rowBytes, to, roomFor(rowBytes), first, end));
    }

    /// Undoes [#pack] in place.
    void unpack(TensorType type, long address, long rowBytes, long count) {
        workers.share(
                count / rows,
                rowBytes * rows,
                (first, end) ->
                        functions.unpack(
                                type.id(), address, rowBytes, roomFor(rowBytes), first, end));
    }

    /// Writes one row of the packed matrix at `address` to `to`, as it was.
    void unpackRow(TensorType type, long address, long rowBytes, long row, long to) {
        long group = address + row / rows * rows * rowBytes;
        functions.unpackRow(type.id(), group, rowBytes, (int) (row % rows), to);
    }

    private long roomFor(long rowBytes) {
        return Scratch.address(rowBytes * rows);
    }

    /// The C functions. Addresses and sizes are 64-bit numbers.
    private record Functions(
            MethodHandle rowsOf,
            MethodHandle packer,
            MethodHandle unpacker,
            MethodHandle rowUnpacker) {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        static Functions of(CpuVariant variant) {
            NativeLibrary library = NativeLibrary.load();
            return new Functions(
                    library.handle(
                            variant, "mul_mat_packed_rows", FunctionDescriptor.of(LONG), true),
                    library.handle(
                            variant,
                            "mul_mat_pack",
                            FunctionDescriptor.ofVoid(INT, LONG, LONG, LONG, LONG, LONG, LONG),
                            false),
                    library.handle(
                            variant,
                            "mul_mat_unpack",
                            FunctionDescriptor.ofVoid(INT, LONG, LONG, LONG, LONG, LONG),
                            false),
                    library.handle(
                            variant,
                            "mul_mat_unpack_row",
                            FunctionDescriptor.ofVoid(INT, LONG, LONG, INT, LONG),
                            false));
        }

        int packedRows() {
            try {
                return Math.toIntExact((long) rowsOf.invokeExact());
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void pack(int type, long from, long rowBytes, long to, long room, long first, long end) {
            try {
                packer.invokeExact(type, from, rowBytes, to, room, first, end);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void unpack(int type, long matrix, long rowBytes, long room, long first, long end) {
            try {
                unpacker.invokeExact(type, matrix, rowBytes, room, first, end);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void unpackRow(int type, long group, long rowBytes, int row, long to) {
            try {
                rowUnpacker.invokeExact(type, group, rowBytes, row, to);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }
    }
}
