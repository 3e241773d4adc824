package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;

/// FLASH_ATTN_EXT by C: cuts the queries of the heads that share a head of K into tiles. How they
/// are cut changes no bit of the result.
final class FlashAttnExtNative {
    /// Rows, that is queries times heads, which C holds at a time; as in flash_attn_ext.c.
    private static final int MOST_ROWS = 32;

    private static final int BLOCK = 64;
    private static final int PART = 16;

    /// Rows longer than any model's, and short enough for their scratch memory.
    private static final int MOST_COLUMNS = 1024;

    private FlashAttnExtNative() {}

    static boolean takes(Tensor d) {
        Tensor k = d.source(1);
        Tensor v = d.source(2);
        return isKnown(k)
                && isKnown(v)
                && k.ne(2) == v.ne(2)
                && k.ne(3) == v.ne(3)
                && NativeArguments.areFloatRows(d, d.source(0), d.optionalSource(4));
    }

    private static boolean isKnown(Tensor t) {
        boolean isKnownType =
                t.type() == TensorType.F32
                        || t.type() == TensorType.F16
                        || t.type() == TensorType.BF16
                        || t.type() == TensorType.Q8_0;
        return isKnownType && t.ne(0) > 0 && t.ne(0) <= MOST_COLUMNS;
    }

    static void compute(Tensor d, Op.FlashAttnExt op, Processor cpu, NativeKernels kernels) {
        Tensor q = d.source(0);
        Tensor k = d.source(1);
        Tensor v = d.source(2);
        Tensor mask = d.optionalSource(3);
        Tensor sinks = d.optionalSource(4);
        int threads = cpu.workers().threads();
        long heads = k.ne(2) * q.ne(3);
        long rows = q.ne(1) * (q.ne(2) / k.ne(2));
        // Few rows are cut smaller, so that each thread gets some.
        long share = Math.max(1, (rows * heads + threads - 1) / threads);
        long tileRows = Math.min(Math.min(rows, MOST_ROWS), share);
        long tiles = (rows + tileRows - 1) / tileRows;
        NativeArguments arguments =
                cpu.arguments()
                        .addResult(d)
                        .addRows(q)
                        .addRows(k)
                        .addRows(v)
                        .add(k.ne(0))
                        .add(v.ne(0))
                        .add(k.ne(1))
                        .add(q.ne(1))
                        .add(q.ne(2))
                        .add(k.ne(2))
                        .add(q.ne(3) / k.ne(3))
                        .add(k.type().id())
                        .add(v.type().id())
                        .add(op.scale())
                        .add(op.softcap())
                        .addOptionalRows(mask)
                        .add(mask == null ? 1 : mask.ne(2))
                        .add(mask == null ? 1 : mask.ne(3))
                        .addSlopes(op.maxBias(), q.ne(2))
                        .addOptionalAddress(sinks)
                        .add(tileRows)
                        .add(tiles);
        long address = arguments.address();
        long scratchBytes = scratchBytes(k.ne(0), v.ne(0));
        long work = tileRows * k.ne(1) * (k.ne(0) + v.ne(0)) / 16;
        // Neighbouring heads of one cell are neighbours in memory.
        long neighbours =
                tiles == 1 ? Math.clamp(heads / (2L * threads), 1, MOST_ROWS / tileRows) : 1;
        cpu.workers()
                .shareUntilCancelled(
                        tiles * heads,
                        (int) neighbours,
                        work,
                        (from, to) ->
                                kernels.flashAttnExt()
                                        .computeWithScratch(address, from, to, scratchBytes));
    }

    private static long scratchBytes(long dk, long dv) {
        long widthK = (dk + 15) / 16 * 16;
        long widthV = (dv + 15) / 16 * 16;
        return 4
                * (MOST_ROWS * (widthK + widthV + 2 * BLOCK + 3)
                        + 2 * BLOCK
                        + PART * Math.max(widthK, widthV));
    }
}
