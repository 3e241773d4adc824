package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

/// What ops take beside their operands is bounded, and kept for the next op.
class ScratchTest {
    private static final int MIB = 1 << 20;

    @AutoClose private final OpHarness h = new OpHarness(1, 1);
    @AutoClose private final Workers workers = new Workers(1);

    /// What is left to the garbage collector is less than what is kept.
    @Test
    void isKeptAndGrowsByTheDouble() {
        MemorySegment first = Scratch.memory(MIB);
        assertEquals(first, Scratch.memory(1000));
        long size = first.byteSize();
        assertEquals(2 * size, Scratch.memory(size + 1).byteSize());
        assertEquals(64 * MIB, Scratch.atLeast(first, 33 * MIB).byteSize());
    }

    @Test
    void givesAnOpNoMoreThanAnyModelNeeds() {
        DeviceException refused =
                assertThrows(
                        DeviceException.OutOfMemory.class,
                        () -> Scratch.atLeast(MemorySegment.NULL, 64 * MIB + 1));
        assertEquals(
                "an op needs 67108865 bytes beside its operands, at most 67108864 are given",
                refused.getMessage());
        RopeTable table = new RopeTable();
        assertThrows(DeviceException.OutOfMemory.class, () -> angles(table, 40_000, 500));
        assertEquals(angles(table, 64, 16), angles(table, 64, 16));
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

    private MemorySegment angles(RopeTable table, int dims, int positions) {
        Op.Rope op = new Op.Rope(dims, RopeMode.NORMAL, 512, 1e4f, 1, 0, 1, 32, 1, 0);
        return table.values(op, h.ints(new int[positions], positions), null, workers);
    }
}
