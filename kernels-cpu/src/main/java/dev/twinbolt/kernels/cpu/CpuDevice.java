package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/// The CPU: one thread takes the queue's commands in order and shares the rows of an op with
/// workers. A command that fails fails its future, and the queue goes on.
public final class CpuDevice implements Device {
    private static final long ALIGNMENT = 64;
    private static final int PIECE_BYTES = 4 << 20;
    private static final int MAX_PENDING_WRITE_BYTES = 64 << 20;

    private final Workers workers;
    private final String description;
    private final Semaphore pendingWrites = new Semaphore(MAX_PENDING_WRITE_BYTES);
    private final ExecutorService queue =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("cpu-queue").factory());

    public CpuDevice(int threads) {
        this.workers = new Workers(threads);
        this.description = "%s, %d threads".formatted(CpuInfo.model(), threads);
    }

    @Override
    public String name() {
        return "CPU";
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public boolean isLocal() {
        return true;
    }

    @Override
    public DeviceMemory memory() {
        return CpuInfo.memory();
    }

    @Override
    public long alignmentBytes() {
        return ALIGNMENT;
    }

    @Override
    public long maxBufferBytes() {
        return Long.MAX_VALUE;
    }

    @Override
    public long allocationBytes(Tensor tensor) {
        return tensor.spanBytes();
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // the buffer closes the arena
    public DeviceBuffer allocate(long sizeBytes) {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("a buffer of %d bytes".formatted(sizeBytes));
        }
        long free = memory().freeBytes();
        if (sizeBytes > free) {
            throw outOfMemory(sizeBytes, free);
        }
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes = arena.allocate(sizeBytes, ALIGNMENT);
            return new CpuBuffer(this, bytes, arena::close);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw outOfMemory(sizeBytes, free);
        }
    }

    private static DeviceException outOfMemory(long sizeBytes, long free) {
        return new DeviceException.OutOfMemory(
                "CPU: a buffer of %d bytes was asked for, %d are free".formatted(sizeBytes, free));
    }

    @Override
    public Optional<DeviceBuffer> adopt(MemorySegment hostBytes) {
        return hostBytes.isNative()
                ? Optional.of(new CpuBuffer(this, hostBytes, () -> {}))
                : Optional.empty();
    }

    @Override
    public void write(DeviceBuffer target, long offset, MemorySegment source) {
        MemorySegment slice = slice(target, offset, source.byteSize());
        for (long done = 0; done < source.byteSize(); done += PIECE_BYTES) {
            int size = (int) Math.min(PIECE_BYTES, source.byteSize() - done);
            MemorySegment into = slice.asSlice(done, size);
            // A writer that is faster than the queue waits here, or its bytes would fill the heap.
            pendingWrites.acquireUninterruptibly(size);
            MemorySegment taken =
                    MemorySegment.ofArray(
                            source.asSlice(done, size).toArray(ValueLayout.JAVA_BYTE));
            submit(
                    "write",
                    () -> {
                        into.copyFrom(taken);
                        pendingWrites.release(size);
                    });
        }
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long sizeBytes, byte value) {
        MemorySegment slice = slice(target, offset, sizeBytes);
        submit("fill", () -> slice.fill(value));
    }

    @Override
    public void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes) {
        MemorySegment from = slice(source, sourceOffset, sizeBytes);
        MemorySegment to = slice(target, targetOffset, sizeBytes);
        submit("copy", () -> to.copyFrom(from));
    }

    @Override
    public CompletableFuture<Void> compute(Graph graph) {
        return submit(
                "compute",
                () -> {
                    for (Tensor tensor : graph.tensors()) {
                        tensor.checkBounds();
                        if (bufferOf(tensor).device() != this) {
                            throw new InvalidGraphException(
                                    tensor.name() + " is on another device");
                        }
                    }
                    for (Tensor node : graph.nodes()) {
                        compute(node);
                    }
                });
    }

    private void compute(Tensor node) {
        if (node.op().isNoOp() || node.shape().isEmpty()) {
            return;
        }
        try {
            Kernels.compute(node, workers);
        } catch (InternalError e) {
            throw new DeviceException(
                    "%s %s read from a file that was cut while it was in use; restore it and start again"
                            .formatted(node.op().name(), node.name()),
                    e);
        } catch (OutOfMemoryError e) {
            throw new DeviceException.OutOfMemory(
                    "%s %s needs more heap than this process may use: %s; give it more with -Xmx"
                            .formatted(node.op().name(), node.name(), e.getMessage()));
        } catch (InvalidGraphException | ArithmeticException e) {
            throw new DeviceException(
                    "%s %s: %s".formatted(node.op().name(), node.name(), e.getMessage()), e);
        }
    }

    @Override
    public CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target) {
        MemorySegment slice = slice(source, offset, target.byteSize());
        return submit("read", () -> target.copyFrom(slice));
    }

    /// Runs `action` after everything queued so far.
    void whenDone(Runnable action) {
        submit("free", action);
    }

    private CompletableFuture<Void> submit(String what, Runnable action) {
        try {
            return CompletableFuture.runAsync(action, queue)
                    .exceptionallyCompose(
                            thrown ->
                                    CompletableFuture.failedFuture(
                                            thrown.getCause() == null
                                                    ? thrown
                                                    : thrown.getCause()));
        } catch (RejectedExecutionException e) {
            throw new DeviceException("CPU: %s after the device was closed".formatted(what), e);
        }
    }

    private MemorySegment slice(DeviceBuffer buffer, long offset, long sizeBytes) {
        if (offset < 0 || sizeBytes < 0 || sizeBytes > buffer.sizeBytes() - offset) {
            throw new IllegalArgumentException(
                    "%d bytes at offset %d of a buffer of %d"
                            .formatted(sizeBytes, offset, buffer.sizeBytes()));
        }
        return ((CpuBuffer) buffer).bytes().asSlice(offset, sizeBytes);
    }

    static CpuBuffer bufferOf(Tensor tensor) {
        if (tensor.memory() instanceof CpuBuffer buffer) {
            return buffer;
        }
        throw new InvalidGraphException(tensor.name() + " is on another device");
    }

    @Override
    public void close() {
        queue.close();
        workers.close();
    }
}
