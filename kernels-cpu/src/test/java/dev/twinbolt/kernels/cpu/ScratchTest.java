package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// What ops take beside their operands: bounded, and kept for the next op only where it is little.
class ScratchTest {
    private static final int MIB = 1 << 20;

    @AutoClose private final OpHarness h = new OpHarness(1, 1);
    @AutoClose private final Workers workers = new Workers(1);

    @Test
    void keepsALittleAndNotMuch() {
        MemorySegment little = Scratch.memory(MIB);
        assertEquals(little, Scratch.memory(1000));
        MemorySegment much = Scratch.memory(80 * MIB);
        assertTrue(much.byteSize() >= 80 * MIB);
        assertTrue(Scratch.memory(1000).byteSize() <= 64 * MIB);
    }

    @Test
    void givesAnOpNoMoreThanAnyModelNeeds() {
        DeviceException refused =
                assertThrows(
                        DeviceException.OutOfMemory.class,
                        () -> Scratch.atLeast(MemorySegment.NULL, (256L << 20) + 1));
        assertEquals(
                "an op needs 268435457 bytes beside its operands, at most 268435456 are given",
                refused.getMessage());
    }

    /// Long columns are multiplied a few at a time: these take 65 MiB when they are rounded, and so
    /// the last is multiplied alone.
    @Test
    void longColumnsTakeTurns() {
        int k = 1 << 20;
        int columns = 52;
        Tensor a = h.rounded(h.random(k, 1), TensorType.Q8_0);
        Tensor column = h.random(k);
        Tensor b = Tensor.leaf("b", TensorType.F32, Shape.of(k, columns));
        DeviceBuffer memory = h.device.allocate(b.spanBytes());
        MemorySegment bytes = MemorySegment.ofArray(h.elements(column));
        for (int i : new int[] {0, 7, columns - 1}) {
            h.device.write(memory, i * b.nb(1), bytes);
        }
        b.bind(memory, 0);
        float[] one = h.elements(h.run(new Op.MulMat(), TensorType.F32, Shape.of(1), a, column));
        float[] expected = new float[columns];
        expected[0] = expected[7] = expected[columns - 1] = one[0];
        Shape shape = Shape.of(1, columns);
        assertArrayEquals(
                expected, h.elements(h.run(new Op.MulMat(), TensorType.F32, shape, a, b)));
    }

    /// All layers turn by the same angles, but one large table would be lacking to others.
    @Test
    void anglesAreKeptForTheNextLayerWhereTheyAreFew() {
        RopeTable table = new RopeTable();
        assertEquals(angles(table, 64, 16), angles(table, 64, 16));
        assertNotEquals(angles(table, 40_000, 500), angles(table, 40_000, 500));
    }

    private MemorySegment angles(RopeTable table, int dims, int positions) {
        Op.Rope op = new Op.Rope(dims, RopeMode.NORMAL, 512, 1e4f, 1, 0, 1, 32, 1, 0);
        return table.values(op, h.ints(new int[positions], positions), null, workers);
    }
}
