package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

    private final NativeKernels kernels;
    private final MulMatSizes sizes;
    private final Workers workers;
    private final Packer packer;
    private final NativeArguments arguments = new NativeArguments();
    private final MemorySegment columnAt = allocate(8L * MAX_COLUMNS);
    private final MemorySegment resultAt = allocate(8L * MAX_COLUMNS);
    private MemorySegment activations = MemorySegment.NULL;

    /// By the `kernels` of `variant`.
    NativeMulMat(CpuVariant variant, NativeKernels kernels, Workers workers) {
        this.kernels = kernels;
        this.sizes = MulMatSizes.of(variant);
        this.workers = workers;
        this.packer = new Packer(kernels, sizes.packedRows(), workers);
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
        boolean isFloat = FLOATS.contains(a.type());
        long k = a.ne(0);
        long atOnce = isFloat ? MAX_COLUMNS : columnsAtOnce(k);
        for (long first = 0; first < count; first += atOnce) {
            int n = (int) Math.min(atOnce, count - first);
            for (int i = 0; i < n; i++) {
                columnAt.setAtIndex(ValueLayout.JAVA_LONG, i, columns.source(first + i));
                resultAt.setAtIndex(ValueLayout.JAVA_LONG, i, columns.result(first + i));
            }
            arguments
                    .clear()
                    .add(a.type().id())
                    .add(matrix)
                    .add(a.nb(1))
                    .add(k)
                    .add(packed != null ? 1 : 0)
                    .add(source)
                    .add(columnAt.address())
                    .add(n)
                    .add(isFloat ? 0 : activationsFor(k, n))
                    .add(result)
                    .add(resultAt.address());
            if (isFloat) {
                multiplyFloats(a.ne(1), k, n);
            } else {
                multiplyQuantized(a.ne(1), k, n);
            }
        }
    }

    private long columnsAtOnce(long k) {
        long columnBytes = Math.max(1, sizes.activationBytes(k, 1));
        return Math.clamp(Scratch.MOST_BYTES / columnBytes, 1, MAX_COLUMNS);
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
            boolean isWeight = a.op() instanceof Op.None && !a.overlaps(b) && !a.overlaps(d);
            if (isWeight && columns < MANY_COLUMNS) {
                matrix = matrices.pack(a, start, packer);
            }
        }
        if (matrix == null) {
            matrices.beforeRead(a.offset() + start, a.nb(1) * a.ne(1));
        }
        return matrix;
    }

    /// The address of memory for `columns` columns of `k` rounded elements.
    private long activationsFor(long k, int columns) {
        activations = Scratch.atLeast(activations, sizes.activationBytes(k, columns));
        return activations.address();
    }

    private void multiplyFloats(long rows, long k, int columns) {
        long address = arguments.address();
        workers.shareUntilCancelled(
                rows,
                ROW_GRANULE,
                Math.max(1, k * columns / 8),
                (from, to) -> kernels.mulMatFloat().computeWithScratch(address, from, to, 0));
    }

    private void multiplyQuantized(long rows, long k, int columns) {
        long address = arguments.address();
        long scratchBytes = sizes.scratchBytes(columns);
        workers.share(
                columns,
                k,
                (from, to) -> kernels.mulMatQuantize().computeWithScratch(address, from, to, 0));
        workers.shareUntilCancelled(
                rows,
                ROW_GRANULE,
                Math.max(1, k * columns / 16),
                (from, to) -> kernels.mulMat().computeWithScratch(address, from, to, scratchBytes));
    }

    private static MemorySegment allocate(long sizeBytes) {
        return Arena.ofAuto().allocate(sizeBytes, ALIGNMENT);
    }

    /// Where column `i` lies: bytes from the start of b and of d.
    interface Columns {
        long source(long i);

        long result(long i);
    }
}
