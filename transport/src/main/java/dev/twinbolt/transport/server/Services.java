package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.OpRules;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.transport.wire.Command;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.GraphReader;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import dev.twinbolt.transport.wire.TensorReader;
import dev.twinbolt.transport.wire.TensorRecord;
import dev.twinbolt.transport.wire.WireException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What one connection may do to the devices: checks a request against this connection's buffers
/// and queues it. Used by one thread. Throws [WireException] or
/// [dev.twinbolt.engine.tensor.InvalidGraphException] for what is refused.
final class Services {
    private static final int MAJOR = 5;

    private static final Answer SILENCE = new Answer.Silence();
    private static final Answer EMPTY = new Answer.Now(new Reply.Empty());

    /// Small enough that a peer who writes faster than the device takes it fills no memory.
    private static final long UNFENCED_LIMIT_BYTES = 16 << 20;

    /// What a queued write costs beside its bytes.
    private static final long WRITE_OVERHEAD_BYTES = 512;

    private final List<Device> devices;
    private final Executor blocking;
    private final Executor loop;
    private final LongAdder graphsInAll;
    private final Backlog.Share backlog;
    private final LentBuffers buffers = new LentBuffers();
    private final TensorReader tensors = new TensorReader(buffers.onWire());
    private final Map<Integer, KnownGraphs> graphs = new HashMap<>();
    private @Nullable Write write;
    private long unfencedBytes;
    private boolean isGreeted;
    private boolean isClosed;
    private long graphsComputed;
    private CompletableFuture<Void> computing = CompletableFuture.completedFuture(null);

    /// A SET_TENSOR whose data is on its way.
    private record Write(LentBuffer target, long offset) {}

    /// `devices` are this object's own queues, which it closes; `blocking` runs what may take long;
    /// `loop` is the one thread that uses this object; `graphsInAll` counts beside this
    /// connection's own count; `backlog` counts the graphs that it keeps.
    Services(
            List<Device> devices,
            Executor blocking,
            Executor loop,
            LongAdder graphsInAll,
            Backlog.Share backlog) {
        this.devices = devices;
        this.blocking = blocking;
        this.loop = loop;
        this.graphsInAll = graphsInAll;
        this.backlog = backlog;
    }

    long graphsComputed() {
        return graphsComputed;
    }

    /// Whether a graph is queued or being computed.
    boolean isComputing() {
        return !computing.isDone();
    }

    /// Whether there are buffers that the peer has not freed.
    boolean isLending() {
        return !buffers.isEmpty();
    }

    /// Refuses a command that has no place here, before its payload is waited for.
    void announced(Command command) {
        if (!isGreeted && command != Command.HELLO && command != Command.PING) {
            throw new WireException("HELLO has to come first");
        }
    }

    Answer serve(Request request) {
        announced(request.command());
        return switch (request) {
            case Request.Hello(boolean hasCapabilities) -> hello(hasCapabilities);
            case Request.Ping() -> EMPTY;
            case Request.DeviceCount() -> now(new Reply.Count(devices.size()));
            case Request.GetAlignment(int device) -> number(device(device).alignmentBytes());
            case Request.GetMaxSize(int device) -> number(device(device).maxBufferBytes());
            case Request.GetDeviceMemory(int device) -> {
                DeviceMemory memory = device(device).memory();
                yield now(new Reply.Memory(memory.freeBytes(), memory.totalBytes()));
            }
            case Request.AllocBuffer(int device, long sizeBytes) -> allocate(device, sizeBytes);
            case Request.BufferGetBase(long buffer) -> number(buffers.find(buffer).base());
            case Request.FreeBuffer(long buffer) -> free(buffers.find(buffer));
            case Request.BufferClear(long buffer, byte value) -> {
                LentBuffer lent = buffers.find(buffer);
                device(lent.device()).fill(lent.bytes(), 0, lent.bytes().sizeBytes(), value);
                yield afterFence(lent, EMPTY);
            }
            case Request.SetTensor(TensorRecord record, long offset, long sizeBytes) -> {
                Tensor tensor = region(record, offset, sizeBytes);
                write = new Write(lent(tensor), tensor.offset() + offset);
                yield SILENCE;
            }
            case Request.SetTensorHash(TensorRecord record, long offset, _) -> {
                region(record, offset, 0);
                yield now(new Reply.Result(false));
            }
            case Request.GetTensor(TensorRecord record, long offset, long sizeBytes) -> {
                Tensor tensor = region(record, offset, sizeBytes);
                LentBuffer lent = lent(tensor);
                yield new Answer.Bytes(
                        device(lent.device()), lent.bytes(), tensor.offset() + offset, sizeBytes);
            }
            case Request.MemsetTensor(
                            TensorRecord record,
                            long offset,
                            long sizeBytes,
                            byte value) -> {
                Tensor tensor = region(record, offset, sizeBytes);
                LentBuffer lent = lent(tensor);
                device(lent.device())
                        .fill(lent.bytes(), tensor.offset() + offset, sizeBytes, value);
                yield afterFence(lent, EMPTY);
            }
            case Request.InitTensor(TensorRecord record) -> {
                tensors.memory(record);
                yield EMPTY;
            }
            case Request.CopyTensor(TensorRecord source, TensorRecord target) ->
                    copy(tensors.memory(source), tensors.memory(target));
            case Request.GetAllocSize(int device, TensorRecord record, var sources) ->
                    number(device(device).allocationBytes(result(record, sources)));
            case Request.GraphCompute(int device, GraphBytes graph) ->
                    compute(
                            device(device),
                            graphs(device).get(graph, bytes -> read(device, bytes)));
            case Request.GraphRecompute(int device) ->
                    compute(device(device), graphs(device).last());
        };
    }

    private static Answer now(Reply reply) {
        return new Answer.Now(reply);
    }

    private static Answer number(long value) {
        return now(new Reply.Number(value));
    }

    private Answer hello(boolean hasCapabilities) {
        if (isGreeted) {
            throw new WireException("a second HELLO on one connection");
        }
        if (!hasCapabilities) {
            throw new WireException(
                    "the client speaks ggml RPC 3.x, this node 5.0; bring llama.cpp there to a build from 2026-07-30 to 2026-08-25");
        }
        isGreeted = true;
        return now(new Reply.Hello(MAJOR, 0, 0, 0));
    }

    private Device device(int index) {
        if (index < 0 || index >= devices.size()) {
            throw new WireException(
                    "device %s is out of range, this node lends %d"
                            .formatted(Integer.toUnsignedString(index), devices.size()));
        }
        return devices.get(index);
    }

    private LentBuffer lent(Tensor tensor) {
        return buffers.of(tensor.memory());
    }

    private Answer allocate(int index, long sizeBytes) {
        Device device = device(index);
        if (sizeBytes < 0 || sizeBytes > device.maxBufferBytes() || !buffers.hasRoom(sizeBytes)) {
            return now(new Reply.Allocated(0, 0));
        }
        CompletableFuture<@Nullable DeviceBuffer> allocated =
                CompletableFuture.supplyAsync(() -> allocate(device, sizeBytes), blocking);
        return new Answer.Later(
                allocated.thenApplyAsync(bytes -> lend(index, bytes, sizeBytes), loop));
    }

    private static @Nullable DeviceBuffer allocate(Device device, long sizeBytes) {
        try {
            return device.allocate(Math.max(1, sizeBytes));
        } catch (DeviceException.OutOfMemory e) {
            return null; // the protocol's answer to this is 0
        }
    }

    private Answer lend(int index, @Nullable DeviceBuffer bytes, long sizeBytes) {
        if (bytes == null) {
            return now(new Reply.Allocated(0, 0));
        }
        if (isClosed) {
            bytes.close();
            return SILENCE;
        }
        return now(new Reply.Allocated(buffers.add(index, bytes).handle(), sizeBytes));
    }

    private Answer free(LentBuffer lent) {
        graphs.values().forEach(graph -> graph.freed(lent.handle()));
        buffers.free(lent);
        return EMPTY;
    }

    /// The tensor of `record`, after `sizeBytes` bytes from `offset` were found inside it.
    private Tensor region(TensorRecord record, long offset, long sizeBytes) {
        Tensor tensor = tensors.memory(record);
        if (offset < 0 || sizeBytes < 0 || sizeBytes > tensor.spanBytes() - offset) {
            throw new WireException(
                    "tensor '%s': %s bytes at offset %s reach outside its %d bytes"
                            .formatted(
                                    record.name(),
                                    Long.toUnsignedString(sizeBytes),
                                    Long.toUnsignedString(offset),
                                    tensor.spanBytes()));
        }
        return tensor;
    }

    /// Queues the next bytes of the SET_TENSOR that was served last.
    Answer data(MemorySegment bytes) {
        Write current = write;
        if (current == null) {
            throw new IllegalStateException("data without a SET_TENSOR");
        }
        LentBuffer target = current.target();
        device(target.device()).write(target.bytes(), current.offset(), bytes);
        write = new Write(target, current.offset() + bytes.byteSize());
        unfencedBytes += bytes.byteSize() + WRITE_OVERHEAD_BYTES;
        return unfencedBytes < UNFENCED_LIMIT_BYTES ? SILENCE : afterFence(target, SILENCE);
    }

    /// `answer`, once the device has done all that was queued: work is bounded by what a peer waits
    /// for.
    private Answer afterFence(LentBuffer lent, Answer answer) {
        unfencedBytes = 0;
        return new Answer.Later(
                device(lent.device())
                        .read(lent.bytes(), 0, MemorySegment.NULL)
                        .thenApply(_ -> answer));
    }

    private Answer copy(Tensor source, Tensor target) {
        if (source.type() != target.type()
                || !source.shape().equals(target.shape())
                || !source.strides().equals(target.strides())) {
            throw new WireException(
                    "tensor '%s': %s%s with strides %s cannot be copied from '%s', %s%s with strides %s"
                            .formatted(
                                    target.name(),
                                    target.type(),
                                    target.shape(),
                                    target.strides(),
                                    source.name(),
                                    source.type(),
                                    source.shape(),
                                    source.strides()));
        }
        LentBuffer from = lent(source);
        LentBuffer to = lent(target);
        long size = source.spanBytes();
        if (from.device() != to.device() || source.overlaps(target)) {
            return now(new Reply.Result(false)); // the client takes the bytes itself then
        }
        device(to.device()).copy(from.bytes(), source.offset(), to.bytes(), target.offset(), size);
        return afterFence(to, now(new Reply.Result(true)));
    }

    /// The tensor that a GET_ALLOC_SIZE asks about, none of whose sources need memory.
    private static Tensor result(TensorRecord record, List<@Nullable TensorRecord> sourceRecords) {
        int count = sourceRecords.size();
        while (count > 0 && sourceRecords.get(count - 1) == null) {
            count--;
        }
        if (count == 0) {
            return TensorReader.unboundData(record);
        }
        List<@Nullable Tensor> sources = new ArrayList<>();
        for (TensorRecord source : sourceRecords.subList(0, count)) {
            sources.add(source == null ? null : TensorReader.unboundData(source));
        }
        Tensor tensor = TensorReader.unbound(record, sources.toArray(new Tensor[0]));
        OpRules.check(tensor);
        return tensor;
    }

    private KnownGraphs graphs(int device) {
        return graphs.computeIfAbsent(device, _ -> new KnownGraphs(device, buffers, backlog));
    }

    private Graph read(int device, GraphBytes bytes) {
        return GraphReader.read(bytes.records(), buffers.onDevice(device));
    }

    private Answer compute(Device device, Graph graph) {
        unfencedBytes = 0;
        computing = device.compute(graph);
        return new Answer.Later(
                computing.thenApplyAsync(
                        _ -> {
                            graphsComputed++;
                            graphsInAll.increment();
                            return SILENCE;
                        },
                        loop));
    }

    /// Cancels what is being computed and gives everything back.
    void close() {
        isClosed = true;
        computing.cancel(false);
        graphs.values().forEach(KnownGraphs::clear);
        buffers.freeAll();
        blocking.execute(() -> devices.forEach(Device::close)); // which waits for the op under way
    }
}
