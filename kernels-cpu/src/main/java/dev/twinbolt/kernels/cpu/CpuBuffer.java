package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Bytes of this process. Freed in the queue's turn, so that work queued before still finds them.
final class CpuBuffer implements DeviceBuffer {
    private final CpuDevice device;
    private final MemorySegment bytes;
    private final boolean isAdopted;
    private final Runnable free;
    private final PackedMatrices packed = new PackedMatrices(this);
    private final int lostPages = LostPages.count();
    private boolean isClosed;

    /// Written so that no compiler leaves out the read.
    byte touched;

    private CpuBuffer(CpuDevice device, MemorySegment bytes, boolean isAdopted, Runnable free) {
        this.device = device;
        this.bytes = bytes;
        this.isAdopted = isAdopted;
        this.free = free;
    }

    /// Memory of the device, which `free` frees.
    static CpuBuffer own(CpuDevice device, MemorySegment bytes, Runnable free) {
        return new CpuBuffer(device, bytes, false, free);
    }

    /// Bytes that belong to the caller.
    static CpuBuffer adopted(CpuDevice device, MemorySegment bytes) {
        return new CpuBuffer(device, bytes, true, () -> {});
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

    boolean isAdopted() {
        return isAdopted;
    }

    /// What of the bytes is packed: those who use the others in another way than by a matrix
    /// product ask for them here first.
    PackedMatrices packed() {
        return packed;
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
            device.whenDone(
                    () -> {
                        packed.close();
                        free.run();
                    });
        }
    }
}
