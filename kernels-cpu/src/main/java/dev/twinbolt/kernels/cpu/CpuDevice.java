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
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// The CPU: one thread takes the queues' commands, each queue's in order, and shares the rows of an
/// op with workers.
public final class CpuDevice implements Device {
    static final long ALIGNMENT = 64;

    /// What is free is asked for and taken by one at a time, or all would take the same.
    private static final Object ALLOCATING = new Object();

    private static final int PIECE_BYTES = 4 << 20;
    private static final int MAX_PENDING_WRITE_BYTES = 64 << 20;

    private final CpuVariant variant;
    private final Supplier<DeviceMemory> memory;
    private final Processor processor;
    private final String description;
    private final Semaphore pendingWrites = new Semaphore(MAX_PENDING_WRITE_BYTES);
    private final QueueThread thread;
    private final CommandQueue queue;
    private final boolean isFirst;

    /// With the kernels that [CpuVariant#choose()] picks.
    public CpuDevice(int threads) {
        this(threads, CpuVariant.choose());
    }

    /// With the kernels of `variant`, which this machine can run.
    CpuDevice(int threads, CpuVariant variant) {
        this(threads, variant, CpuInfo::memory);
    }

    /// With as much memory as `memory` says at the time.
    CpuDevice(int threads, CpuVariant variant, Supplier<DeviceMemory> memory) {
        this.variant = variant;
        this.memory = memory;
        this.processor = new Processor(threads, variant);
        this.description =
                "%s: %s, %d thread%s"
                        .formatted(
                                CpuInfo.model(), variant.label(), threads, threads == 1 ? "" : "s");
        this.thread = new QueueThread();
        this.queue = new CommandQueue(thread);
        this.isFirst = true;
    }

    private CpuDevice(CpuDevice first) {
        this.variant = first.variant;
        this.memory = first.memory;
        this.processor = first.processor;
        this.description = first.description;
        this.thread = first.thread;
        this.queue = new CommandQueue(thread);
        this.isFirst = false;
    }

    /// Queues share the thread's time, op by op.
    @Override
    public Device openQueue() {
        return new CpuDevice(this);
    }

    CpuVariant variant() {
        return variant;
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
        return memory.get();
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
    public DeviceBuffer allocate(long sizeBytes) {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("a buffer of %d bytes".formatted(sizeBytes));
        }
        synchronized (ALLOCATING) {
            return allocateFree(sizeBytes, memory().freeBytes());
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // the buffer closes the arena
    private DeviceBuffer allocateFree(long sizeBytes, long free) {
        if (sizeBytes > free) {
            throw outOfMemory(sizeBytes, free);
        }
        Arena arena = Arena.ofShared();
        try {
            MemorySegment huge = variant.isNative() ? HugePages.allocate(sizeBytes, arena) : null;
            MemorySegment bytes = huge != null ? huge : arena.allocate(sizeBytes, ALIGNMENT);
            return CpuBuffer.own(this, bytes, arena::close);
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
                ? Optional.of(CpuBuffer.adopted(this, hostBytes))
                : Optional.empty();
    }

    @Override
    public void write(DeviceBuffer target, long offset, MemorySegment source) {
        MemorySegment slice = writable(target, offset, source.byteSize());
        for (long done = 0; done < source.byteSize(); done += PIECE_BYTES) {
            int size = (int) Math.min(PIECE_BYTES, source.byteSize() - done);
            MemorySegment into = slice.asSlice(done, size);
            MemorySegment from = source.asSlice(done, size);
            long at = offset + done;
            // A writer that is faster than the queue waits here, or its bytes would fill the heap.
            pendingWrites.acquireUninterruptibly(size);
            boolean isQueued = false;
            try {
                MemorySegment taken = MemorySegment.ofArray(from.toArray(ValueLayout.JAVA_BYTE));
                queue.post("write", () -> copyAndRelease(taken, target, at, into, size));
                isQueued = true;
            } catch (InternalError | OutOfMemoryError e) {
                throw CommandQueue.failure("write", e);
            } finally {
                if (!isQueued) {
                    pendingWrites.release(size);
                }
            }
        }
    }

    private void copyAndRelease(
            MemorySegment taken, DeviceBuffer target, long offset, MemorySegment into, int size) {
        try {
            ((CpuBuffer) target).packed().beforeWrite(offset, size);
            into.copyFrom(taken);
        } finally {
            pendingWrites.release(size);
        }
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long sizeBytes, byte value) {
        MemorySegment slice = writable(target, offset, sizeBytes);
        queue.post(
                "fill",
                () -> {
                    ((CpuBuffer) target).packed().beforeWrite(offset, sizeBytes);
                    slice.fill(value);
                });
    }

    @Override
    public void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes) {
        MemorySegment from = slice(source, sourceOffset, sizeBytes);
        MemorySegment to = writable(target, targetOffset, sizeBytes);
        queue.post(
                "copy",
                () -> {
                    ((CpuBuffer) source).packed().beforeRead(sourceOffset, sizeBytes);
                    ((CpuBuffer) target).packed().beforeWrite(targetOffset, sizeBytes);
                    to.copyFrom(from);
                });
    }

    @Override
    public CompletableFuture<Void> compute(Graph graph) {
        return queue.submitSteps("compute", isCancelled -> new Computation(graph, isCancelled));
    }

    /// A graph, an op per step.
    private final class Computation implements CommandQueue.Command {
        private final Graph graph;
        private final BooleanSupplier isCancelled;
        private int computed = -1;

        Computation(Graph graph, BooleanSupplier isCancelled) {
            this.graph = graph;
            this.isCancelled = isCancelled;
        }

        @Override
        public boolean step() {
            if (computed < 0) {
                graph.tensors().forEach(CpuDevice.this::check);
            } else {
                processor.workers().cancelWhen(isCancelled);
                compute(graph.nodes().get(computed));
            }
            computed++;
            return computed < graph.nodes().size();
        }
    }

    private void check(Tensor tensor) {
        tensor.checkBounds();
        CpuBuffer buffer = bufferOf(tensor);
        if (buffer.device() != this) {
            throw new InvalidGraphException(tensor.name() + " is on another device");
        }
        if (buffer.bytes().isMapped()) {
            // Native code ends the process where the file was cut. The JVM may tell of that some
            // calls late, so it is asked here, before any op.
            try {
                buffer.touch(tensor.offset(), tensor.spanBytes());
            } catch (InternalError e) {
                throw CommandQueue.failure("reading " + tensor.name(), e);
            }
        }
    }

    private void compute(Tensor node) {
        if (node.op().isNoOp() || node.shape().isEmpty()) {
            return;
        }
        String what = node.op().name() + " " + node.name();
        int lostPages = LostPages.count();
        try {
            restoreOperands(node);
            Kernels.compute(node, processor);
            LostPages.checkStill(lostPages);
        } catch (InvalidGraphException e) {
            // The graph was sound; a number in its data was not.
            throw new DeviceException("CPU: " + what + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            throw CommandQueue.failure(what, e);
        }
    }

    /// Whatever `node` reads and writes, but for what its kernel asks for itself.
    private void restoreOperands(Tensor node) {
        for (int i = 0; i < node.sourceCount(); i++) {
            Tensor source = node.optionalSource(i);
            if (source != null && !Kernels.readsPacked(node, i, processor)) {
                bufferOf(source).packed().beforeRead(source.offset(), source.spanBytes());
            }
        }
        bufferOf(node).packed().beforeWrite(node.offset(), node.spanBytes());
    }

    @Override
    public CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target) {
        MemorySegment slice = slice(source, offset, target.byteSize());
        return queue.submit(
                "read",
                () -> {
                    ((CpuBuffer) source).packed().beforeRead(offset, target.byteSize());
                    target.copyFrom(slice);
                });
    }

    /// Runs `action` after everything queued so far.
    void whenDone(Runnable action) {
        queue.whenDone(action);
    }

    private MemorySegment writable(DeviceBuffer buffer, long offset, long sizeBytes) {
        MemorySegment slice = slice(buffer, offset, sizeBytes);
        if (slice.isReadOnly()) {
            throw new IllegalArgumentException("a write into a read-only buffer of CPU");
        }
        return slice;
    }

    private MemorySegment slice(DeviceBuffer buffer, long offset, long sizeBytes) {
        if (!(buffer instanceof CpuBuffer own) || own.device() != this) {
            throw new IllegalArgumentException("a buffer of another device was given to CPU");
        }
        if (offset < 0 || sizeBytes < 0 || sizeBytes > buffer.sizeBytes() - offset) {
            throw new IllegalArgumentException(
                    "%d bytes at offset %d of a buffer of %d"
                            .formatted(sizeBytes, offset, buffer.sizeBytes()));
        }
        return own.openBytes().asSlice(offset, sizeBytes);
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
        if (isFirst) {
            thread.close();
            processor.close();
        }
    }
}
