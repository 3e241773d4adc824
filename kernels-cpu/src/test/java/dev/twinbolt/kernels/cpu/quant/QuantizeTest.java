package dev.twinbolt.kernels.cpu.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class QuantizeTest {
    private static final int[] UNEVEN = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };

    /// Each bound is a share of the block's largest element: half a step, or a whole one where the
    /// levels reach less far on the other side of zero, plus the rounding of an F16 scale.
    @ParameterizedTest
    @CsvSource({
        "F32, 0",
        "F16, 0.0005",
        "BF16, 0.004",
        "Q8_0, 0.0045",
        "Q5_1, 0.036",
        "Q5_0, 0.066",
        "Q4_1, 0.07",
        "Q4_0, 0.13"
    })
    void staysWithinTheErrorOfItsStep(TensorType type, float bound) {
        RowCodec codec = RowCodec.of(type);
        assertTrue(codec.canQuantize());
        Random random = new Random(17);
        float[] values = new float[32 * 9];
        float[] back = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * (1 + i / 32);
        }
        int shift = 3;
        MemorySegment blocks =
                MemorySegment.ofArray(new byte[shift + (int) type.rowBytes(values.length)]);

        codec.quantize(values, 0, blocks, shift, values.length);
        codec.dequantize(blocks, shift, back, 0, values.length);

        for (int block = 0; block < values.length; block += 32) {
            float largest = 0;
            for (int i = block; i < block + 32; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            for (int i = block; i < block + 32; i++) {
                assertEquals(values[i], back[i], largest * bound, type + " element " + i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL"})
    void returnsWhatItCanRepresent(TensorType type) {
        float[] values = new float[64];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (type) {
                        case Q8_0 -> 0.25f * (i % 32 * 8 - 127);
                        case Q4_0 -> 0.25f * (i % 16 - 8);
                        case Q4_1 -> 0.25f * (i % 16) - 3;
                        case Q5_0 -> 0.25f * (i % 32 - 16);
                        case Q5_1 -> 0.25f * (i % 32) - 3;
                        case IQ4_NL -> 0.25f * UNEVEN[i % 16];
                        default -> 0.25f * (i - 8);
                    };
        }
        assertArrayEquals(values, roundTrip(type, values));
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL"})
    void keepsZeros(TensorType type) {
        for (float value : roundTrip(type, new float[64])) {
            assertEquals(0f, Math.abs(value));
        }
    }

    @Test
    void roundsHalvesOfQ8AwayFromZero() {
        float[] values = new float[32];
        values[0] = 127; // d = 1
        values[1] = 2.5f;
        values[2] = -2.5f;
        values[3] = 0.49999997f;
        byte[] block = new byte[34];
        RowCodec.of(TensorType.Q8_0).quantize(values, 0, MemorySegment.ofArray(block), 0, 32);
        assertArrayEquals(
                new byte[] {127, 3, -3, 0}, new byte[] {block[2], block[3], block[4], block[5]});
    }

    @Test
    void takesTheSignOfTheLargestElementIntoTheScaleOfQ4() {
        float[] values = new float[32];
        values[5] = 4;
        values[6] = -3.5f;
        byte[] block = new byte[18];
        RowCodec.of(TensorType.Q4_0).quantize(values, 0, MemorySegment.ofArray(block), 0, 32);
        assertEquals(-0.5f, Formula.f16(block, 0));
        assertEquals(0, block[2 + 5] & 15); // 4 = -0.5 * (0 - 8)
        assertEquals(15, block[2 + 6] & 15); // -3.5 = -0.5 * (15 - 8)
    }

    @Test
    void keepsANanOfBrainFloatsANan() {
        float[] back = roundTrip(TensorType.BF16, new float[] {Float.intBitsToFloat(0x7F800001)});
        assertTrue(Float.isNaN(back[0]));
    }

    @Test
    void roundsBrainFloatsToEven() {
        float[] values = {
            Float.intBitsToFloat(0x3F808000),
            Float.intBitsToFloat(0x3F818000),
            Float.intBitsToFloat(0x3F808001)
        };
        float[] expected = {
            Float.intBitsToFloat(0x3F800000),
            Float.intBitsToFloat(0x3F820000),
            Float.intBitsToFloat(0x3F810000)
        };
        assertArrayEquals(expected, roundTrip(TensorType.BF16, values));
    }

    private static float[] roundTrip(TensorType type, float[] values) {
        RowCodec codec = RowCodec.of(type);
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) type.rowBytes(values.length)]);
        float[] back = new float[values.length];
        codec.quantize(values, 0, blocks, 0, values.length);
        codec.dequantize(blocks, 0, back, 0, values.length);
        return back;
    }
}
