package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import org.jspecify.annotations.Nullable;

/// Memory of a device that is replaced by a larger piece where that is needed, without what was in
/// it. The old piece goes first, so that there is room for the new one; where there is none even
/// so, a smaller piece may be asked for later.
final class GrowingBuffer implements AutoCloseable {
    private final Device device;
    private final Runnable onLoss;
    private @Nullable DeviceBuffer buffer;

    /// `onLoss` is run before a piece goes: nothing may be bound to it any more.
    GrowingBuffer(Device device, Runnable onLoss) {
        this.device = device;
        this.onLoss = onLoss;
    }

    /// Makes it at least `sizeBytes` large.
    void ensure(long sizeBytes) {
        if (buffer != null && buffer.sizeBytes() >= sizeBytes) {
            return;
        }
        onLoss.run();
        close();
        buffer = device.allocate(sizeBytes);
    }

    DeviceBuffer get() {
        if (buffer == null) {
            throw new IllegalStateException("nothing was allocated yet");
        }
        return buffer;
    }

    @Override
    public void close() {
        if (buffer != null) {
            buffer.close();
            buffer = null;
        }
    }
}
