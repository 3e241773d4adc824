package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// A device without memory that counts what is asked of it. Reads, which are what fences are made
/// of, are done when `reads` is.
final class StubDevice implements Device {
    final AtomicInteger allocations = new AtomicInteger();
    final AtomicInteger openBuffers = new AtomicInteger();
    final AtomicInteger computations = new AtomicInteger();
    final AtomicInteger fences = new AtomicInteger();
    final AtomicLong writtenBytes = new AtomicLong();
    volatile CompletableFuture<Void> reads;

    /// What graphs are done with.
    volatile CompletableFuture<Void> graphs = CompletableFuture.completedFuture(null);

    StubDevice(CompletableFuture<Void> reads) {
        this.reads = reads;
    }

    private final class Buffer implements DeviceBuffer {
        private final long sizeBytes;

        Buffer(long sizeBytes) {
            this.sizeBytes = sizeBytes;
            allocations.incrementAndGet();
            openBuffers.incrementAndGet();
        }

        @Override
        public Device device() {
            return StubDevice.this;
        }

        @Override
        public long sizeBytes() {
            return sizeBytes;
        }

        @Override
        public void close() {
            openBuffers.decrementAndGet();
        }
    }

    @Override
    public String name() {
        return "stub";
    }

    @Override
    public String description() {
        return "stub";
    }

    @Override
    public boolean isLocal() {
        return true;
    }

    @Override
    public Device openQueue() {
        return this;
    }

    @Override
    public DeviceMemory memory() {
        return new DeviceMemory(1L << 40, 1L << 40);
    }

    @Override
    public long alignmentBytes() {
        return 64;
    }

    @Override
    public long maxBufferBytes() {
        return 1L << 40;
    }

    @Override
    public long allocationBytes(Tensor tensor) {
        return tensor.spanBytes();
    }

    @Override
    public DeviceBuffer allocate(long sizeBytes) {
        return new Buffer(sizeBytes);
    }

    @Override
    public void write(DeviceBuffer target, long offset, MemorySegment source) {
        writtenBytes.addAndGet(source.byteSize());
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long sizeBytes, byte value) {}

    @Override
    public void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes) {}

    @Override
    public CompletableFuture<Void> compute(Graph graph) {
        computations.incrementAndGet();
        return graphs;
    }

    @Override
    public CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target) {
        fences.incrementAndGet();
        return reads;
    }

    @Override
    public void close() {}
}
