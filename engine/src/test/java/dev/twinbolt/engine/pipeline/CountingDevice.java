package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Memory;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// A device that keeps bytes, computes nothing and counts; one of its calls may fail, and so does
/// whoever asks for bytes of a buffer that was closed.
public class CountingDevice implements Device {
    static final long ALIGNMENT_BYTES = 64;

    /// All that were ever allocated.
    final List<Buffer> buffers = new ArrayList<>();

    private final long maxBufferBytes;
    private final int failingCall;
    private int calls;
    private long writtenBytes;

    /// A device whose call number `failingCall`, from 0, fails; none where it is negative.
    public CountingDevice(long maxBufferBytes, int failingCall) {
        this.maxBufferBytes = maxBufferBytes;
        this.failingCall = failingCall;
    }

    final class Buffer implements DeviceBuffer {
        private final MemorySegment bytes;
        private boolean isOpen = true;

        Buffer(long sizeBytes) {
            this.bytes = MemorySegment.ofArray(new byte[Math.toIntExact(sizeBytes)]);
        }

        @Override
        public Device device() {
            return CountingDevice.this;
        }

        @Override
        public long sizeBytes() {
            return bytes.byteSize();
        }

        @Override
        public void close() {
            isOpen = false;
        }
    }

    /// The calls so far that can fail: allocations, writes, graphs and reads.
    public int calls() {
        return calls;
    }

    long writtenBytes() {
        return writtenBytes;
    }

    public long openBuffers() {
        return buffers.stream().filter(buffer -> buffer.isOpen).count();
    }

    private void call() {
        if (calls++ == failingCall) {
            throw failure();
        }
    }

    /// What the failing call throws.
    DeviceException failure() {
        return new DeviceException("call %d fails".formatted(failingCall));
    }

    private static MemorySegment part(DeviceBuffer buffer, long offset, long sizeBytes) {
        return open(buffer).bytes.asSlice(offset, sizeBytes);
    }

    private static Buffer open(Memory memory) {
        Buffer buffer = (Buffer) memory;
        if (!buffer.isOpen) {
            throw new IllegalStateException("the buffer was closed");
        }
        return buffer;
    }

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public String description() {
        return "counting";
    }

    @Override
    public boolean isLocal() {
        return true;
    }

    @Override
    public DeviceMemory memory() {
        return new DeviceMemory(1L << 40, 1L << 40);
    }

    /// This one, as it takes no time.
    @Override
    public Device openQueue() {
        return this;
    }

    @Override
    public long alignmentBytes() {
        return ALIGNMENT_BYTES;
    }

    @Override
    public long maxBufferBytes() {
        return maxBufferBytes;
    }

    @Override
    public long allocationBytes(Tensor tensor) {
        return tensor.spanBytes();
    }

    @Override
    public DeviceBuffer allocate(long sizeBytes) {
        call();
        if (sizeBytes > maxBufferBytes) {
            throw new DeviceException.OutOfMemory(sizeBytes + " bytes are too many");
        }
        Buffer buffer = new Buffer(sizeBytes);
        buffers.add(buffer);
        return buffer;
    }

    @Override
    public void write(DeviceBuffer target, long offset, MemorySegment source) {
        call();
        writtenBytes += source.byteSize();
        part(target, offset, source.byteSize()).copyFrom(source);
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long sizeBytes, byte value) {
        part(target, offset, sizeBytes).fill(value);
    }

    @Override
    public void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes) {
        part(target, targetOffset, sizeBytes).copyFrom(part(source, sourceOffset, sizeBytes));
    }

    @Override
    public CompletableFuture<Void> compute(Graph graph) {
        call();
        graph.tensors().forEach(tensor -> open(tensor.root().memory()));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target) {
        call();
        target.copyFrom(part(source, offset, target.byteSize()));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
}
