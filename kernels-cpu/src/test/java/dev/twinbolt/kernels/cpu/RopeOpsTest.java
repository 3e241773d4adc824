package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// ROPE in its modes.
@ParameterizedClass
@MethodSource("dev.twinbolt.kernels.cpu.OpHarness#variants")
class RopeOpsTest extends OpTest {
    RopeOpsTest(CpuVariant variant) {
        super(variant);
    }

    @ParameterizedTest
    @CsvSource({
        "NORMAL,0,1,false",
        "NEOX,0,1,false",
        "NORMAL,4,0.25,false",
        "NEOX,0,0.5,true",
        "NORMAL,0,0.25,true"
    })
    void ropeTurnsPairs(RopeMode mode, int offset, float freqScale, boolean isYarn) {
        Tensor a = h.strided(20, 3, 4);
        int[] positions = {0, 1, 77, 5000};
        Tensor factors = h.floats(new float[] {1, 2, 4, 1, 1, 1, 8, 1}, 8);
        float ext = isYarn ? 1 : 0;
        Op.Rope op = new Op.Rope(16, mode, 512, 10000, freqScale, ext, 1.2f, 32, 1, offset);
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, h.ints(positions, 4), factors);
        double magnitude = 1.2f * (isYarn ? 1 + 0.1 * Math.log(1 / freqScale) : 1);
        check(
                d,
                2e-5,
                (i0, head, token, _) -> {
                    long column = i0 - offset;
                    if (column < 0 || column >= 16) {
                        return h.at(a, i0, head, token, 0);
                    }
                    long pair = mode == RopeMode.NEOX ? column % 8 : column / 2;
                    boolean isFirst = mode == RopeMode.NEOX ? column < 8 : column % 2 == 0;
                    long step = mode == RopeMode.NEOX ? 8 : 1;
                    double plain =
                            positions[(int) token]
                                    * Math.pow(10000, -pair / 8.0)
                                    / h.at(factors, pair, 0, 0, 0);
                    double mix = isYarn ? ramp(pair) : 0;
                    double angle = plain * freqScale * (1 - mix) + plain * mix;
                    double x = h.at(a, isFirst ? i0 : i0 - step, head, token, 0);
                    double y = h.at(a, isFirst ? i0 + step : i0, head, token, 0);
                    return magnitude
                            * (isFirst
                                    ? x * Math.cos(angle) - y * Math.sin(angle)
                                    : x * Math.sin(angle) + y * Math.cos(angle));
                });
    }

    @ParameterizedTest
    @EnumSource(RopeMode.class)
    void ropeTurnsHalvesAndEverySequence(RopeMode mode) {
        int[] positions = {3, 900, 17};
        for (TensorType type : List.of(TensorType.F32, TensorType.F16)) {
            Tensor a = h.rounded(h.random(8, 2, 3, 2), type);
            Op op = new Op.Rope(8, mode, 512, 1e4f, 1, 0, 1, 32, 1, 0);
            check(
                    h.run(op, type, a.shape(), a, h.ints(positions, 3)),
                    type == TensorType.F32 ? 1e-5 : HALF,
                    (i0, head, token, z) -> {
                        boolean isNeox = mode == RopeMode.NEOX;
                        long pair = isNeox ? i0 % 4 : i0 / 2;
                        long first = isNeox ? pair : 2 * pair;
                        double angle = positions[(int) token] * Math.pow(1e4, -pair / 4.0);
                        double x = h.at(a, first, head, token, z);
                        double y = h.at(a, first + (isNeox ? 4 : 1), head, token, z);
                        return i0 == first
                                ? x * Math.cos(angle) - y * Math.sin(angle)
                                : x * Math.sin(angle) + y * Math.cos(angle);
                    });
        }
    }

    /// Layers share the angles of one RoPE; another's factors are not theirs.
    @Test
    void ropesWithOtherFactorsTurnByOtherAngles() {
        Tensor a = h.strided(4, 1, 1);
        Tensor position = h.ints(new int[] {3}, 1);
        Op.Rope op = new Op.Rope(4, RopeMode.NORMAL, 512, 10000, 1, 0, 1, 32, 1, 0);
        for (float factor : new float[] {1, 2, 5}) {
            Tensor factors = h.floats(new float[] {factor, 1}, 2);
            Tensor d = h.run(op, TensorType.F32, a.shape(), a, position, factors);
            double turned =
                    h.at(a, 0, 0, 0, 0) * Math.cos(3 / factor)
                            - h.at(a, 1, 0, 0, 0) * Math.sin(3 / factor);
            assertEquals(turned, h.at(d, 0, 0, 0, 0), 1e-5, "factor " + factor);
        }
    }

    /// YaRN mixes over all pairs, where the slow ones would begin beyond the last.
    @Test
    void yarnMixesUpToTheLastColumn() {
        Tensor a = h.strided(16, 1, 1);
        Tensor position = h.ints(new int[] {3}, 1);
        Op.Rope op = new Op.Rope(16, RopeMode.NORMAL, 1 << 20, 100, 0.5f, 1, 1, 1e5f, 1, 0);
        Tensor d = h.run(op, TensorType.F32, a.shape(), a, position);
        double magnitude = 1 + 0.1 * Math.log(2);
        for (int pair = 0; pair < 8; pair++) {
            double mix = 1 - pair / 15.0;
            double angle = 3 * Math.pow(100, -pair / 8.0) * (0.5 * (1 - mix) + mix);
            double turned =
                    h.at(a, 2 * pair, 0, 0, 0) * Math.cos(angle)
                            - h.at(a, 2 * pair + 1, 0, 0, 0) * Math.sin(angle);
            assertEquals(magnitude * turned, h.at(d, 2 * pair, 0, 0, 0), 1e-5, "pair " + pair);
        }
    }

    private static double ramp(long pair) {
        double low =
                Math.max(
                        0,
                        Math.floor(
                                16 * Math.log(512 / (2 * Math.PI * 32)) / (2 * Math.log(10000))));
        double high =
                Math.min(15, Math.ceil(16 * Math.log(512 / (2 * Math.PI)) / (2 * Math.log(10000))));
        return 1 - Math.max(0, Math.min(1, (pair - low) / Math.max(0.001, high - low)));
    }
}
