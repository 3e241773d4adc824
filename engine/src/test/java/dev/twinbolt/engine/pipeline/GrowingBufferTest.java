package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrowingBufferTest {
    private static final int MOST = 100;

    /// Has room for one piece.
    private final CountingDevice device =
            new CountingDevice(MOST, -1) {
                @Override
                public DeviceBuffer allocate(long sizeBytes) {
                    assertEquals(0, openBuffers(), "beside the old piece");
                    return super.allocate(sizeBytes);
                }
            };

    /// How many pieces there were when the loss was told.
    private final List<Long> losses = new ArrayList<>();

    private final GrowingBuffer buffer =
            new GrowingBuffer(device, () -> losses.add(device.openBuffers()));

    @Test
    void theOldPieceGoesAfterItsLossIsToldAndBeforeTheNextComes() {
        assertThrows(IllegalStateException.class, buffer::get);
        buffer.ensure(10);
        buffer.ensure(10);
        buffer.ensure(9);
        assertEquals(10, buffer.get().sizeBytes());
        assertEquals(List.of(0L), losses);
        buffer.ensure(11);
        assertEquals(11, buffer.get().sizeBytes());
        assertEquals(List.of(0L, 1L), losses);
        buffer.close();
        assertEquals(0, device.openBuffers());
    }

    @Test
    void whereThereIsNoRoomASmallerPieceMayBeAskedFor() {
        buffer.ensure(50);
        assertThrows(DeviceException.OutOfMemory.class, () -> buffer.ensure(MOST + 1));
        assertThrows(IllegalStateException.class, buffer::get);
        buffer.ensure(60);
        assertEquals(60, buffer.get().sizeBytes());
    }
}
