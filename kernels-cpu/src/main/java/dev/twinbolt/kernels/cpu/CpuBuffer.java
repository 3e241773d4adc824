package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Bytes of this process. Freed in the queue's turn, so that work queued before still finds them.
final class CpuBuffer implements DeviceBuffer {
    private final CpuDevice device;
    private final MemorySegment bytes;
    private final Runnable free;
    private final int lostPages = LostPages.count();
    private boolean isClosed;

    /// Written so that no compiler leaves out the read.
    byte touched;

    CpuBuffer(CpuDevice device, MemorySegment bytes, Runnable free) {
        this.device = device;
        this.bytes = bytes;
        this.free = free;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public long sizeBytes() {
        return bytes.byteSize();
    }

    /// For the queue's thread: a buffer closed meanwhile still has its bytes there.
    MemorySegment bytes() {
        return bytes;
    }

    /// Throws where `sizeBytes` at `offset` are no memory any more. Files are cut at their end, so
    /// the last byte tells; but a kernel may have put zeros there, of this file or another.
    void touch(long offset, long sizeBytes) {
        if (sizeBytes > 0) {
            touched = bytes.get(ValueLayout.JAVA_BYTE, offset + sizeBytes - 1);
        }
        if (bytes.isMapped()) {
            LostPages.checkStill(lostPages);
        }
    }

    /// For callers, who may not name a buffer that was closed.
    synchronized MemorySegment openBytes() {
        if (isClosed) {
            throw new IllegalStateException(
                    "a buffer of %d bytes of CPU was closed already".formatted(sizeBytes()));
        }
        return bytes;
    }

    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            device.whenDone(free);
        }
    }
}
