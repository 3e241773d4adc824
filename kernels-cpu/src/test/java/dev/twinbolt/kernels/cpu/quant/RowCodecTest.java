package dev.twinbolt.kernels.cpu.quant;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RowCodecTest {
    private static final String WITHOUT_CODEC = "I8|I16|I32|I64|F64";

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = WITHOUT_CODEC)
    void dequantizesByThePublishedFormula(TensorType type) {
        for (int blockCount : new int[] {1, 2, 3, 7, 64}) {
            byte[] blocks = RandomBlocks.of(type, blockCount, 40 + blockCount);
            try (Arena arena = Arena.ofConfined()) {
                int shift = blockCount % 4; // blocks lie at odd addresses too
                MemorySegment source = arena.allocate(shift + blocks.length);
                MemorySegment.copy(blocks, 0, source, JAVA_BYTE, shift, blocks.length);
                int count = blockCount * type.blockSize();
                float[] actual = new float[5 + count + 1];
                actual[4] = actual[5 + count] = 42;

                RowCodec.of(type).dequantize(source, shift, actual, 5, count);

                assertEquals(42, actual[4], "before the target");
                assertEquals(42, actual[5 + count], "after the target");
                assertMatchesFormula(type, blocks, actual, 5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = WITHOUT_CODEC)
    void dequantizesFromTheMiddleOfARow(TensorType type) {
        byte[] row = RandomBlocks.of(type, 5, 9);
        float[] whole = new float[5 * type.blockSize()];
        float[] part = new float[2 * type.blockSize()];
        RowCodec codec = RowCodec.of(type);
        codec.dequantize(MemorySegment.ofArray(row), 0, whole, 0, whole.length);
        codec.dequantize(MemorySegment.ofArray(row), 2L * type.blockBytes(), part, 0, part.length);
        for (int i = 0; i < part.length; i++) {
            assertEquals(whole[2 * type.blockSize() + i], part[i], type + " element " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = WITHOUT_CODEC)
    void refusesTypesThatAreNeverDequantized(TensorType type) {
        InvalidGraphException refusal =
                assertThrows(InvalidGraphException.class, () -> RowCodec.of(type));
        assertEquals(
                type + " rows cannot be read as floats; expected F32, F16, BF16 or a block type",
                refusal.getMessage());
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_1", "Q4_K", "IQ2_XS", "IQ4_XS", "TQ1_0", "MXFP4"})
    void refusesToWriteReadOnlyTypes(TensorType type) {
        RowCodec codec = RowCodec.of(type);
        assertFalse(codec.canQuantize());
        float[] values = new float[type.blockSize()];
        MemorySegment target = MemorySegment.ofArray(new byte[type.blockBytes()]);
        InvalidGraphException refusal =
                assertThrows(
                        InvalidGraphException.class,
                        () -> codec.quantize(values, 0, target, 0, values.length));
        assertTrue(String.valueOf(refusal.getMessage()).startsWith(type + " is read-only here"));
    }

    static void assertMatchesFormula(
            TensorType type, byte[] blocks, float[] actual, int actualIndex) {
        Formula formula = Formula.of(type);
        for (int i = 0; i < blocks.length / type.blockBytes() * type.blockSize(); i++) {
            int at = i / type.blockSize() * type.blockBytes();
            float expected = formula.element(blocks, at, i % type.blockSize());
            if (Float.floatToIntBits(expected) != Float.floatToIntBits(actual[actualIndex + i])) {
                assertEquals(expected, actual[actualIndex + i], type + " element " + i);
            }
        }
    }
}
