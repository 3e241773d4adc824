package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Matrix products by the C kernels of one variant: threads share the rows of a. For quantized
/// weights (`mul_mat.c`) the columns of b are rounded to bytes first, for floats
/// (`mul_mat_float.c`) they stay as they are.
///
/// For the queue's thread alone; what it hands to the workers is theirs for the one op.
final class NativeMulMat {
    private static final Set<TensorType> FLOATS =
            EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16);
    private static final Set<TensorType> QUANTIZED =
            EnumSet.of(
                    TensorType.Q4_0,
                    TensorType.Q4_1,
                    TensorType.Q5_0,
                    TensorType.Q5_1,
                    TensorType.Q8_0,
                    TensorType.Q2_K,
                    TensorType.Q3_K,
                    TensorType.Q4_K,
                    TensorType.Q5_K,
                    TensorType.Q6_K,
                    TensorType.IQ4_NL,
                    TensorType.IQ4_XS,
                    TensorType.TQ1_0,
                    TensorType.TQ2_0,
                    TensorType.MXFP4);

    /// Rows that a kernel takes side by side, so that no thread is left with a part of such a
    /// group.
    private static final int ROW_GRANULE = 32;

    /// Columns of b that are multiplied at a time, so that memory beside the operands is bounded.
    private static final int MAX_COLUMNS = 1024;

    private static final long ALIGNMENT = 64;

    /// From so many columns on, unpacking to panels takes less time than packing saves, and a
    /// prompt is not held up by what only the tokens after it need. As in `mul_mat.c`.
    private static final int MANY_COLUMNS = 8;

    private final Functions functions;
    private final Workers workers;
    private final Packer packer;
    private final MemorySegment columnAt = allocate(8L * MAX_COLUMNS);
    private final MemorySegment resultAt = allocate(8L * MAX_COLUMNS);
    private MemorySegment activations = MemorySegment.NULL;

    NativeMulMat(CpuVariant variant, Workers workers) {
        this.functions = Functions.of(variant);
        this.workers = workers;
        this.packer = new Packer(variant, workers);
    }

    /// Whether the kernels take a·b, written to d.
    static boolean takes(Tensor a, Tensor b, Tensor d) {
        return (FLOATS.contains(a.type()) || QUANTIZED.contains(a.type()))
                && a.isRowContiguous()
                && b.type() == TensorType.F32
                && b.isRowContiguous()
                && d.type() == TensorType.F32
                && d.isRowContiguous();
    }

    /// Multiplies all rows of the matrix that starts `start` bytes into a's memory with `count`
    /// columns: where they are in b and where their results go in d, in bytes, is asked of
    /// `columns`.
    void multiply(Tensor a, long start, Tensor b, Tensor d, long count, Columns columns) {
        NativeArguments.checkWritable(d);
        PackedMatrices.Matrix packed = packed(a, start, b, d, count);
        long matrix = packed != null ? packed.address() : NativeArguments.addressOf(a) + start;
        long source = NativeArguments.addressOf(b);
        long result = NativeArguments.addressOf(d);
        for (long first = 0; first < count; first += MAX_COLUMNS) {
            int n = (int) Math.min(MAX_COLUMNS, count - first);
            for (int i = 0; i < n; i++) {
                columnAt.setAtIndex(ValueLayout.JAVA_LONG, i, columns.source(first + i));
                resultAt.setAtIndex(ValueLayout.JAVA_LONG, i, columns.result(first + i));
            }
            if (FLOATS.contains(a.type())) {
                multiplyFloats(a, matrix, source, result, n);
            } else {
                multiplyQuantized(a, matrix, packed != null, source, result, n);
            }
        }
    }

    /// The matrix of `a` that starts `start` bytes into it, packed: already, or now where that
    /// pays. Null where it is read as it lies in the file.
    private PackedMatrices.@Nullable Matrix packed(
            Tensor a, long start, Tensor b, Tensor d, long columns) {
        if (!QUANTIZED.contains(a.type())) {
            CpuDevice.bufferOf(a).packed().beforeRead(a.offset() + start, a.nb(1) * a.ne(1));
            return null;
        }
        PackedMatrices matrices = CpuDevice.bufferOf(a).packed();
        PackedMatrices.Matrix matrix = matrices.find(a, start);
        if (matrix == null) {
            // What is no leaf is about to change, as is what the product itself uses otherwise.
            boolean isWeight = a.op() instanceof Op.None && !overlap(a, b) && !overlap(a, d);
            if (isWeight && columns < MANY_COLUMNS) {
                matrix = matrices.pack(a, start, packer);
            }
        }
        if (matrix == null) {
            matrices.beforeRead(a.offset() + start, a.nb(1) * a.ne(1));
        }
        return matrix;
    }

    private static boolean overlap(Tensor a, Tensor b) {
        return a.memory() == b.memory()
                && a.offset() < b.offset() + b.spanBytes()
                && b.offset() < a.offset() + a.spanBytes();
    }

    private void multiplyFloats(Tensor a, long matrix, long b, long d, int columns) {
        long k = a.ne(0);
        workers.share(
                a.ne(1),
                ROW_GRANULE,
                Math.max(1, k * columns / 8),
                (from, to) ->
                        functions.multiplyFloats(
                                a.type().id(),
                                matrix,
                                a.nb(1),
                                k,
                                b,
                                columnAt.address(),
                                columns,
                                d,
                                resultAt.address(),
                                from,
                                to));
    }

    private void multiplyQuantized(
            Tensor a, long matrix, boolean isPacked, long b, long d, int columns) {
        int type = a.type().id();
        long k = a.ne(0);
        long rows = a.ne(1);
        long actBytes = functions.activationBytes(k, columns);
        if (activations.byteSize() < actBytes) {
            activations = allocate(actBytes);
        }
        long act = activations.address();
        long scratchBytes = functions.scratchBytes(columns);
        workers.share(
                columns,
                k,
                (from, to) ->
                        functions.quantize(type, b, columnAt.address(), k, columns, act, from, to));
        workers.share(
                rows,
                ROW_GRANULE,
                Math.max(1, k * columns / 16),
                (from, to) ->
                        functions.multiply(
                                type,
                                matrix,
                                a.nb(1),
                                k,
                                isPacked ? 1 : 0,
                                act,
                                columns,
                                d,
                                resultAt.address(),
                                from,
                                to,
                                Scratch.address(scratchBytes)));
    }

    private static MemorySegment allocate(long sizeBytes) {
        return Arena.ofAuto().allocate(sizeBytes, ALIGNMENT);
    }

    /// Where column `i` lies: bytes from the start of b and of d.
    interface Columns {
        long source(long i);

        long result(long i);
    }

    /// The C functions. Addresses and sizes are 64-bit numbers.
    private record Functions(
            MethodHandle activationBytesOf,
            MethodHandle scratchBytesOf,
            MethodHandle quantizer,
            MethodHandle multiplier,
            MethodHandle floatMultiplier) {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        static Functions of(CpuVariant variant) {
            NativeLibrary library = NativeLibrary.load();
            return new Functions(
                    library.handle(
                            variant,
                            "mul_mat_activation_bytes",
                            FunctionDescriptor.of(LONG, LONG, LONG),
                            true),
                    library.handle(
                            variant,
                            "mul_mat_scratch_bytes",
                            FunctionDescriptor.of(LONG, LONG),
                            true),
                    library.handle(
                            variant,
                            "mul_mat_quantize",
                            FunctionDescriptor.ofVoid(
                                    INT, LONG, LONG, LONG, LONG, LONG, LONG, LONG),
                            false),
                    library.handle(
                            variant,
                            "mul_mat",
                            FunctionDescriptor.ofVoid(
                                    INT, LONG, LONG, LONG, INT, LONG, LONG, LONG, LONG, LONG, LONG,
                                    LONG),
                            false),
                    library.handle(
                            variant,
                            "mul_mat_float",
                            FunctionDescriptor.ofVoid(
                                    INT, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG,
                                    LONG),
                            false));
        }

        long activationBytes(long k, long columns) {
            try {
                return (long) activationBytesOf.invokeExact(k, columns);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        long scratchBytes(long columns) {
            try {
                return (long) scratchBytesOf.invokeExact(columns);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void quantize(
                int type,
                long b,
                long columnAt,
                long k,
                long columns,
                long act,
                long from,
                long to) {
            try {
                quantizer.invokeExact(type, b, columnAt, k, columns, act, from, to);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void multiply(
                int type,
                long a,
                long rowBytes,
                long k,
                int isPacked,
                long act,
                long columns,
                long d,
                long resultAt,
                long from,
                long to,
                long scratch) {
            try {
                multiplier.invokeExact(
                        type, a, rowBytes, k, isPacked, act, columns, d, resultAt, from, to,
                        scratch);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }

        void multiplyFloats(
                int type,
                long a,
                long rowBytes,
                long k,
                long b,
                long columnAt,
                long columns,
                long d,
                long resultAt,
                long from,
                long to) {
            try {
                floatMultiplier.invokeExact(
                        type, a, rowBytes, k, b, columnAt, columns, d, resultAt, from, to);
            } catch (Throwable t) {
                throw NativeLibrary.failure(t);
            }
        }
    }
}
