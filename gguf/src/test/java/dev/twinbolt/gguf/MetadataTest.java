package dev.twinbolt.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Getters find what they ask for, or say what is there instead.
class MetadataTest {
    private static Metadata of(MetadataValue value) {
        return new Metadata(Map.of("k", value));
    }

    private static Metadata numbers(ValueType type, int... bytes) {
        ByteBuffer all = ByteBuffer.allocate(bytes.length);
        for (int value : bytes) {
            all.put((byte) value);
        }
        return of(new MetadataValue.Numbers(type, all.flip()));
    }

    private static Metadata longs(ValueType type, long... values) {
        ByteBuffer all = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        all.asLongBuffer().put(values);
        return of(new MetadataValue.Numbers(type, all));
    }

    private static void assertSays(String expected, Executable getter) {
        GgufException e = assertThrows(GgufException.class, getter);
        assertEquals("metadata k" + expected, e.getMessage());
    }

    @Test
    void arraysOfEveryNumberTypeAreRead() {
        assertArrayEquals(new int[] {255, 1}, numbers(ValueType.UINT8, 255, 1).ints("k"));
        assertArrayEquals(new int[] {-1, 1}, numbers(ValueType.INT8, 255, 1).ints("k"));
        assertArrayEquals(
                new int[] {0x80FF, 2}, numbers(ValueType.UINT16, 255, 128, 2, 0).ints("k"));
        assertArrayEquals(new int[] {-2, 3}, numbers(ValueType.INT16, 254, 255, 3, 0).ints("k"));
        assertArrayEquals(
                new int[] {0x7F000001, 4},
                numbers(ValueType.UINT32, 1, 0, 0, 127, 4, 0, 0, 0).ints("k"));
        assertArrayEquals(
                new int[] {-5, 5},
                numbers(ValueType.INT32, 251, 255, 255, 255, 5, 0, 0, 0).ints("k"));
        assertArrayEquals(new int[] {6, 7}, longs(ValueType.UINT64, 6, 7).ints("k"));
        assertArrayEquals(new int[] {-6, 7}, longs(ValueType.INT64, -6, 7).ints("k"));
        long half = Double.doubleToLongBits(0.5);
        assertArrayEquals(new float[] {0, 0.5f}, longs(ValueType.FLOAT64, 0, half).floats("k"));
        assertEquals(2, longs(ValueType.FLOAT64, half, 0).count("k"));
        assertArrayEquals(
                new boolean[] {false, true, true}, numbers(ValueType.BOOL, 0, 1, 7).bools("k"));
    }

    @Test
    void anArrayOfAnotherKindIsRefused() {
        Metadata floats = of(MetadataValue.of(1f, 2f));
        Metadata bools = numbers(ValueType.BOOL, 1);
        Metadata texts = of(MetadataValue.of(List.of("a", "b")));
        assertSays(
                ": expected an array of integers, got an array of 2 FLOAT32",
                () -> floats.ints("k"));
        assertSays(
                ": expected an array of booleans, got an array of 2 FLOAT32",
                () -> floats.bools("k"));
        assertSays(
                ": expected an array of integers, got an array of 1 BOOL", () -> bools.ints("k"));
        assertSays(
                ": expected an array of floats, got an array of 1 BOOL", () -> bools.floats("k"));
        assertSays(
                ": expected an array of numbers, got an array of 2 STRING", () -> texts.count("k"));
        assertSays(
                "[1]: expected a 32-bit integer, got 2147483648",
                () -> longs(ValueType.INT64, 1, 1L << 31).ints("k"));
    }

    /// Writers give an empty list of texts any type.
    @Test
    void anEmptyArrayOfNumbersIsAnEmptyListOfTexts() {
        assertEquals(List.of(), numbers(ValueType.INT32).strings("k"));
    }

    @Test
    void aFallbackIsForWhatIsAbsentAlone() {
        Metadata none = new Metadata(Map.of());
        assertEquals("f", none.string("k", "f"));
        assertEquals(5, none.integer("k", 5));
        assertEquals(6, none.int32("k", 6));
        assertEquals(0.5f, none.float32("k", 0.5f));
        assertTrue(none.bool("k", true));
        Metadata number = of(MetadataValue.of(3));
        assertEquals(3, number.integer("k", 5));
        assertEquals(3, number.int32("k", 6));
        assertSays(": expected a string, got UINT32", () -> number.string("k", "f"));
        assertSays(": expected a float, got UINT32", () -> number.float32("k", 0.5f));
        assertSays(": expected a boolean, got UINT32", () -> number.bool("k", true));
        Metadata text = of(MetadataValue.of("t"));
        assertEquals("t", text.string("k", "f"));
        assertSays(": expected an integer, got STRING", () -> text.integer("k", 5));
        assertSays(": expected an integer, got STRING", () -> text.int32("k", 6));
        assertFalse(of(MetadataValue.of(false)).bool("k", true));
        assertEquals(1.5f, of(MetadataValue.of(1.5f)).float32("k", 0));
        assertSays(" is missing, expected a string", () -> none.string("k"));
        assertSays(
                ": expected a 32-bit integer, got -2147483649",
                () ->
                        of(new MetadataValue.Int(ValueType.INT64, Integer.MIN_VALUE - 1L))
                                .int32("k", 0));
    }
}
