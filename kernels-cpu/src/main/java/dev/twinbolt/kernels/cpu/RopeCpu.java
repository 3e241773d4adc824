package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// ROPE: turns pairs of columns by an angle that grows with the position (Su et al. 2021),
/// stretched as YaRN (Peng et al. 2023) says. Angles are computed in F64.
final class RopeCpu {
    private RopeCpu() {}

    static void compute(Tensor d, Op.Rope op, Processor cpu) {
        TensorData out = new TensorData(d);
        TensorData a = new TensorData(d.source(0));
        TensorData positions = new TensorData(d.source(1));
        double[] frequencies = frequencies(op, d.optionalSource(2));
        float magnitude = op.attnFactor();
        if (op.extFactor() != 0) {
            magnitude *= (float) (1 + 0.1 * Math.log(1 / op.freqScale()));
        }
        for (int i = 0; i < frequencies.length; i++) {
            double mix = op.extFactor() == 0 ? 0 : ramp(op, i) * op.extFactor();
            frequencies[i] *= op.freqScale() * (1 - mix) + mix;
        }
        float m = magnitude;
        int n = out.columns();
        long tokens = d.ne(2);
        cpu.workers()
                .share(
                        tokens * d.ne(3),
                        40L * n * d.ne(1),
                        (from, to) -> {
                            float[] row = new float[n];
                            float[] cos = new float[frequencies.length];
                            float[] sin = new float[frequencies.length];
                            for (long r = from; r < to; r++) {
                                long token = r % tokens;
                                long position = positions.integer(token, 0, 0, 0);
                                for (int i = 0; i < cos.length; i++) {
                                    double angle = position * frequencies[i];
                                    cos[i] = (float) (m * Math.cos(angle));
                                    sin[i] = (float) (m * Math.sin(angle));
                                }
                                for (long head = 0; head < d.ne(1); head++) {
                                    a.readRow(head, token, r / tokens, row, 0);
                                    turn(op, row, cos, sin);
                                    out.writeRow(head, token, r / tokens, row, 0);
                                }
                            }
                        });
    }

    private static void turn(Op.Rope op, float[] row, float[] cos, float[] sin) {
        boolean isNeox = op.mode() == RopeMode.NEOX;
        for (int i = 0; i < cos.length; i++) {
            int first = op.offset() + (isNeox ? i : 2 * i);
            int second = isNeox ? first + cos.length : first + 1;
            float x = row[first];
            float y = row[second];
            row[first] = x * cos[i] - y * sin[i];
            row[second] = x * sin[i] + y * cos[i];
        }
    }

    /// Radians per position of each pair, before scaling.
    private static double[] frequencies(Op.Rope op, @Nullable Tensor factorTensor) {
        double[] frequencies = new double[op.dims() / 2];
        TensorData factors = factorTensor == null ? null : new TensorData(factorTensor);
        for (int i = 0; i < frequencies.length; i++) {
            double factor = factors == null ? 1 : factors.float32(i, 0, 0, 0);
            frequencies[i] = Math.pow(op.freqBase(), -2.0 * i / op.dims()) / factor;
        }
        return frequencies;
    }

    /// 1 for pairs that turn fast enough to be left unscaled, 0 for slow ones.
    private static double ramp(Op.Rope op, int pair) {
        double low = Math.max(0, Math.floor(correction(op, op.betaFast())));
        double high = Math.min(op.dims() - 1, Math.ceil(correction(op, op.betaSlow())));
        double y = (pair - low) / Math.max(0.001, high - low);
        return 1 - Math.clamp(y, 0, 1);
    }

    private static double correction(Op.Rope op, float beta) {
        return op.dims()
                * Math.log(op.originalContext() / (beta * 2 * Math.PI))
                / (2 * Math.log(op.freqBase()));
    }
}
