package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import org.jspecify.annotations.Nullable;

/// Memory of a device that is replaced by a larger piece where that is needed, without what was in
/// it.
final class GrowingBuffer implements AutoCloseable {
    private final Device device;
    private @Nullable DeviceBuffer buffer;

    GrowingBuffer(Device device) {
        this.device = device;
    }

    /// Makes it at least `sizeBytes` large. True where that replaced an older buffer.
    boolean ensure(long sizeBytes) {
        DeviceBuffer old = buffer;
        if (old != null && old.sizeBytes() >= sizeBytes) {
            return false;
        }
        close();
        buffer = device.allocate(sizeBytes);
        return old != null;
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
