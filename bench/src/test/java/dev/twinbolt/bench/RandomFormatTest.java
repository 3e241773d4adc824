package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandomFormatTest {
    private static final int COUNT = 1 << 16;

    @ParameterizedTest
    @EnumSource
    void weightsHaveTheDeviationAndNoMean(RandomFormat format) {
        float[] weights = new float[COUNT];
        RowCodec.of(format.type())
                .dequantize(MemorySegment.ofArray(bytes(format)), 0, weights, 0, COUNT);
        double sum = 0;
        double squares = 0;
        for (float weight : weights) {
            sum += weight;
            squares += (double) weight * weight;
        }
        double mean = sum / COUNT;
        double deviation = Math.sqrt(squares / COUNT - mean * mean);
        assertEquals(RandomFormat.DEVIATION, deviation, 0.05 * RandomFormat.DEVIATION);
        assertEquals(0, mean, 0.12 * RandomFormat.DEVIATION);
    }

    @ParameterizedTest
    @EnumSource
    void llamaCppCallsItsFilesByItsName(RandomFormat format) {
        String name = FileType.name(format.fileType());
        assertTrue(name.matches("(all )?" + format.name() + "( .*)?"), name);
    }

    static byte[] bytes(RandomFormat format) {
        int sizeBytes = (int) format.type().rowBytes(COUNT);
        ByteBuffer bytes = ByteBuffer.allocate(sizeBytes + 8).order(ByteOrder.LITTLE_ENDIAN);
        format.fill(bytes, sizeBytes, new SplitMix64(1, 2));
        return bytes.array();
    }
}
