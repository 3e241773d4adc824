package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cosines and sines of the angles by which the last ROPE turned, times its magnitude. All layers
/// turn by the same angles, so the next op finds its own here. Angles are computed in F64.
final class RopeTable {
    private static final long WORK_PER_PAIR = 80;

    private Op.@Nullable Rope op;
    private float[] factors = {};
    private int[] positions = {};
    private MemorySegment values = MemorySegment.NULL;

    /// For each position the cosines of all pairs, then the sines.
    MemorySegment values(
            Op.Rope op, Tensor positionTensor, @Nullable Tensor factorTensor, Workers workers) {
        int pairs = op.dims() / 2;
        int[] positions = positions(positionTensor);
        float[] factors = factors(factorTensor, pairs);
        if (!op.equals(this.op)
                || !Arrays.equals(factors, this.factors)
                || !Arrays.equals(positions, this.positions)) {
            this.op = null;
            values = Scratch.atLeast(values, 8L * pairs * positions.length);
            fill(op, frequencies(op, factors), positions, workers);
            this.op = op;
            this.factors = factors;
            this.positions = positions;
        }
        return values;
    }

    private void fill(Op.Rope op, double[] frequencies, int[] positions, Workers workers) {
        int pairs = frequencies.length;
        MemorySegment values = this.values;
        double m =
                op.extFactor() == 0
                        ? op.attnFactor()
                        : op.attnFactor() * (float) (1 + 0.1 * Math.log(1 / op.freqScale()));
        workers.share(
                positions.length,
                WORK_PER_PAIR * pairs,
                (from, to) -> {
                    for (long t = from; t < to; t++) {
                        long cos = 2 * t * pairs;
                        long sin = cos + pairs;
                        for (int i = 0; i < pairs; i++) {
                            double angle = positions[(int) t] * frequencies[i];
                            float c = (float) (m * Math.cos(angle));
                            float s = (float) (m * Math.sin(angle));
                            values.setAtIndex(ValueLayout.JAVA_FLOAT, cos + i, c);
                            values.setAtIndex(ValueLayout.JAVA_FLOAT, sin + i, s);
                        }
                    }
                });
    }

    private static int[] positions(Tensor tensor) {
        TensorData data = new TensorData(tensor);
        int[] positions = new int[data.columns()];
        for (int t = 0; t < positions.length; t++) {
            positions[t] = (int) data.integer(t, 0, 0, 0);
        }
        return positions;
    }

    private static float[] factors(@Nullable Tensor tensor, int pairs) {
        float[] factors = new float[pairs];
        Arrays.fill(factors, 1);
        if (tensor != null) {
            TensorData data = new TensorData(tensor);
            for (int i = 0; i < pairs; i++) {
                factors[i] = data.float32(i, 0, 0, 0);
            }
        }
        return factors;
    }

    /// Radians per position of each pair.
    private static double[] frequencies(Op.Rope op, float[] factors) {
        double[] frequencies = new double[factors.length];
        for (int i = 0; i < frequencies.length; i++) {
            double plain = Math.pow(op.freqBase(), -2.0 * i / op.dims()) / factors[i];
            double mix = op.extFactor() == 0 ? 0 : ramp(op, i) * op.extFactor();
            frequencies[i] = plain * (op.freqScale() * (1 - mix) + mix);
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
