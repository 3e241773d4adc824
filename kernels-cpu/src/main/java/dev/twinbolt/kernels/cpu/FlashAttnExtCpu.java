package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import java.util.Arrays;

/// FLASH_ATTN_EXT: Σ softmax(scale·q·k + slope·mask)·v per query and head, cells in their order,
/// all in F32. A cell whose mask is −∞ is never touched, so a longer cache changes nothing; a query
/// that sees nothing gives 0.
final class FlashAttnExtCpu {
    private final Op.FlashAttnExt op;
    private final TensorData q;
    private final TensorData k;
    private final TensorData v;
    private final Tensor d;
    private final TensorData out;
    private final Dot dot;

    private FlashAttnExtCpu(Tensor d, Op.FlashAttnExt op, Dot dot) {
        this.dot = dot;
        this.op = op;
        this.d = d;
        this.q = new TensorData(d.source(0));
        this.k = new TensorData(d.source(1));
        this.v = new TensorData(d.source(2));
        this.out = new TensorData(d);
    }

    static void compute(Tensor d, Op.FlashAttnExt op, Processor cpu) {
        NativeKernels kernels = cpu.kernels();
        if (kernels != null && FlashAttnExtNative.takes(d)) {
            FlashAttnExtNative.compute(d, op, cpu, kernels);
        } else {
            plain(d, op, cpu);
        }
    }

    private static void plain(Tensor d, Op.FlashAttnExt op, Processor cpu) {
        FlashAttnExtCpu kernel = new FlashAttnExtCpu(d, op, cpu.dot());
        int cells = Math.toIntExact(d.source(1).ne(1));
        int scratch = kernel.k.columns() + 2 * kernel.v.columns() + 2 * cells;
        long work = (long) cells * (kernel.k.columns() + kernel.v.columns());
        Kernels.forEachRow(d, work, scratch, cpu, kernel::row);
    }

    /// One head of one query. `x` holds, one after the other, a row of K, the sum, a row of V, the
    /// mask and the scores.
    private void row(long head, long query, long z, float[] x) {
        int dk = k.columns();
        int dv = v.columns();
        int cells = (int) k.ne(1);
        float[] queryRow = new float[dk];
        q.readRow(query, head, z, queryRow, 0);
        int sum = dk;
        int maskAt = sum + 2 * dv;
        int scores = maskAt + cells;
        Arrays.fill(x, sum, sum + dv, 0);
        readMask(head, query, z, x, maskAt, cells);
        Tensor sinkTensor = d.optionalSource(4);
        float sink =
                sinkTensor == null
                        ? Float.NEGATIVE_INFINITY
                        : new TensorData(sinkTensor).float32(head, 0, 0, 0);
        float max = sink;
        long keyHead = head / (q.ne(2) / k.ne(2));
        long keyZ = z / (q.ne(3) / k.ne(3));
        for (int j = 0; j < cells; j++) {
            if (x[maskAt + j] != Float.NEGATIVE_INFINITY) {
                k.readRow(j, keyHead, keyZ, x, 0);
                float s = op.scale() * dot.product(queryRow, x, 0, dk);
                if (op.softcap() != 0) {
                    s = (float) (op.softcap() * Math.tanh(s / op.softcap()));
                }
                x[scores + j] = s + x[maskAt + j];
                max = Math.max(max, x[scores + j]);
            }
        }
        double total = sink == Float.NEGATIVE_INFINITY ? 0 : Math.exp(sink - max);
        long valueHead = head / (q.ne(2) / v.ne(2));
        long valueZ = z / (q.ne(3) / v.ne(3));
        for (int j = 0; j < cells; j++) {
            if (x[maskAt + j] != Float.NEGATIVE_INFINITY) {
                float weight = (float) Math.exp(x[scores + j] - max);
                total += weight;
                v.readRow(j, valueHead, valueZ, x, sum + dv);
                for (int i = 0; i < dv; i++) {
                    x[sum + i] += weight * x[sum + dv + i];
                }
            }
        }
        float inverse = total == 0 ? 0 : (float) (1 / total);
        for (int i = 0; i < dv; i++) {
            x[sum + i] *= inverse;
        }
        out.writeRow(head, query, z, x, sum);
    }

    private void readMask(long head, long query, long z, float[] x, int at, int cells) {
        Tensor maskTensor = d.optionalSource(3);
        if (maskTensor == null) {
            Arrays.fill(x, at, at + cells, 0);
            return;
        }
        TensorData mask = new TensorData(maskTensor);
        mask.readRow(query, head % mask.ne(2), z % mask.ne(3), x, at);
        float slope = Alibi.slope(op.maxBias(), head, q.ne(2));
        for (int j = 0; j < cells; j++) {
            // A slope may be 0, and 0·−∞ is no longer −∞.
            if (x[at + j] != Float.NEGATIVE_INFINITY) {
                x[at + j] *= slope;
            }
        }
    }
}
