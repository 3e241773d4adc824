package dev.twinbolt.transport.client;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.transport.wire.PlacedMemory;
import dev.twinbolt.transport.wire.TensorRecord;

/// Bytes on a server, known by the handle and the address that the server gave them.
final class RemoteBuffer implements DeviceBuffer, PlacedMemory {
    private final RemoteDevice device;
    private final long handle;
    private final long base;
    private final long sizeBytes;
    private boolean isClosed;

    RemoteBuffer(RemoteDevice device, long handle, long base, long sizeBytes) {
        this.device = device;
        this.handle = handle;
        this.base = base;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public long handle() {
        return handle;
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    /// `sizeBytes` bytes from `offset`, as the tensor that the protocol wants around them.
    TensorRecord region(long offset, long sizeBytes) {
        if (offset < 0 || sizeBytes < 0 || sizeBytes > this.sizeBytes - offset) {
            throw new IllegalArgumentException(
                    "%d bytes at offset %d of a buffer of %d"
                            .formatted(sizeBytes, offset, this.sizeBytes));
        }
        return TensorRecord.bytes("bytes", handle, base + offset, sizeBytes);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        device.free(this);
    }
}
