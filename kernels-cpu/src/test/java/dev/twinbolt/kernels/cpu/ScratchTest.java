package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
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
