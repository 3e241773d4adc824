package dev.twinbolt.engine.device;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// A machine's memory and arithmetic as one in-order queue: what is queued later sees the effects
/// of what was queued before. Where the device is, only its implementation knows.
///
/// Methods may be called from any thread; the order of calls of one thread is the order of the
/// queue.
public interface Device extends AutoCloseable {
    /// Short and unique among the devices of a process, such as `CPU` or `RPC0[127.0.0.1:50052]`.
    String name();

    /// A line for people: model of the processor, threads, instruction set.
    String description();

    /// Whether the device is in this process.
    boolean isLocal();

    DeviceMemory memory();

    /// The same memory and arithmetic as another queue, for another user: what is queued there is
    /// done by turns with what is queued here, so that neither waits for all of the other's work.
    /// Buffers belong to the queue that allocated them. The caller closes it, before this device.
    default Device openQueue() {
        throw new UnsupportedOperationException(name() + " has one queue");
    }

    /// A device that went away, as it is found now at the same place: with the same name, and
    /// nothing on it. The caller closes both.
    ///
    /// @throws DeviceException.Unavailable where it is not back yet
    default Device reopen() {
        throw new UnsupportedOperationException(name() + " cannot go away");
    }

    /// Fails with [DeviceException.Lost] when the device goes away, even while nothing is asked of
    /// it. A device that cannot go away never completes it.
    default CompletableFuture<Void> loss() {
        return new CompletableFuture<>();
    }

    /// Whether [#loss()] soon tells also of a device that is there and does nothing any more.
    default boolean isWatched() {
        return true;
    }

    /// Counts the device as lost, because of `why`.
    default void abandon(String why) {
        throw new UnsupportedOperationException(name() + " cannot go away");
    }

    /// What the offset of a tensor in a buffer has to be a multiple of; a power of two.
    long alignmentBytes();

    /// The largest buffer that [#allocate(long)] may be asked for.
    long maxBufferBytes();

    /// The bytes that `tensor` takes in a buffer of this device: its span, or more where kernels
    /// read past it.
    long allocationBytes(Tensor tensor);

    /// Throws [DeviceException.OutOfMemory] where there is no room. The bytes are zero.
    DeviceBuffer allocate(long sizeBytes);

    /// A buffer over bytes of this process, such as a mapped file, without a copy; empty where the
    /// device cannot compute on them. The caller keeps the bytes alive and unchanged.
    default Optional<DeviceBuffer> adopt(MemorySegment hostBytes) {
        return Optional.empty();
    }

    /// Queues a write of all of `source`. The bytes are taken before the call returns.
    void write(DeviceBuffer target, long offset, MemorySegment source);

    /// Queues a fill of `sizeBytes` with `value`.
    void fill(DeviceBuffer target, long offset, long sizeBytes, byte value);

    /// Queues a copy inside the device; the ranges do not overlap.
    void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes);

    /// Queues a graph whose tensors are bound to buffers of this device. The future fails when the
    /// graph could not be computed; cancelling it leaves out the ops that were not begun. A remote
    /// device completes it when the graph is queued, and reports a failure at the next read.
    CompletableFuture<Void> compute(Graph graph);

    /// Queues a read that fills `target`, which is left alone until the future is done, and sends
    /// whatever is still held back on the way to the device.
    CompletableFuture<Void> read(DeviceBuffer source, long offset, MemorySegment target);

    @Override
    void close();
}
