package dev.twinbolt.transport.client;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.GraphWriter;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A device of another machine. Writes and graphs are queued here and leave together with the next
/// read, so a forward pass costs one flush and one reply; a graph that was the last one computed is
/// asked for by one word.
public final class RemoteDevice implements Device {
    /// The most that one request reads, fills or copies: sizes of tensors travel as u32.
    private static final long STEP_BYTES = 1 << 30;

    /// The most that one SET_TENSOR carries; stock servers collect a message before they use it.
    private static final long WRITE_BYTES = 4 << 20;

    private final int number;
    private final String name;
    private final int index;
    private final Server home;
    private final ServerConnection server;
    private final long alignmentBytes;
    private final long maxBufferBytes;
    private final AllocationSizes sizes;

    /// Graphs as they were sent, as long as somebody has them: groups of conversations take turns.
    private final Map<Graph, Request.GraphCompute> written = new WeakHashMap<>();

    private @Nullable Graph last;
    private boolean isClosed;

    /// Over `server`, a connection to `home`, which it owns a use of.
    private RemoteDevice(int number, Server home, ServerConnection server, int index) {
        this.number = number;
        this.name = "RPC%d[%s]".formatted(number, server.endpoint());
        this.index = index;
        this.home = home;
        this.server = server;
        this.alignmentBytes = number(server.askFirst(new Request.GetAlignment(index)));
        long max = number(server.askFirst(new Request.GetMaxSize(index)));
        this.maxBufferBytes = max < 0 ? Long.MAX_VALUE : max; // stock says 2^64 - 1
        if (alignmentBytes < 1 || Long.bitCount(alignmentBytes) != 1) {
            throw new DeviceException.Unavailable(
                    "%s wants an alignment of %d, expected a power of two"
                            .formatted(name, alignmentBytes));
        }
        this.sizes =
                new AllocationSizes(
                        tensor -> number(server.ask(GraphWriter.allocSize(index, tensor))));
    }

    /// Device `index` of `server`, named `RPC<number>[host:port]`.
    static RemoteDevice open(int number, Server server, int index) {
        ServerConnection connection = server.use();
        try {
            return new RemoteDevice(number, server, connection, index);
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static long number(Reply reply) {
        return ((Reply.Number) reply).value();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "ggml RPC %s at %s, device %d".formatted(server.version(), server.endpoint(), index);
    }

    @Override
    public boolean isLocal() {
        return false;
    }

    @Override
    public DeviceMemory memory() {
        Reply.Memory memory = (Reply.Memory) server.ask(new Request.GetDeviceMemory(index));
        return new DeviceMemory(memory.freeBytes(), memory.totalBytes());
    }

    @Override
    public Device reopen() {
        return open(number, home, index);
    }

    @Override
    public CompletableFuture<@Nullable Void> loss() {
        return server.loss();
    }

    @Override
    public boolean isWatched() {
        return server.isWatched();
    }

    @Override
    public void abandon(String why) {
        server.lose(new IOException(why));
    }

    @Override
    public Traffic traffic() {
        return server.traffic();
    }

    @Override
    public long alignmentBytes() {
        return alignmentBytes;
    }

    @Override
    public long maxBufferBytes() {
        return maxBufferBytes;
    }

    @Override
    public long allocationBytes(Tensor tensor) {
        return sizes.of(tensor);
    }

    @Override
    public DeviceBuffer allocate(long sizeBytes) {
        Reply.Allocated allocated =
                (Reply.Allocated) server.ask(new Request.AllocBuffer(index, sizeBytes));
        if (allocated.buffer() == 0) {
            throw new DeviceException.OutOfMemory(
                    "%s has no room for a buffer of %d bytes, %d are free; place fewer layers there"
                            .formatted(name, sizeBytes, memory().freeBytes()));
        }
        long base = number(server.ask(new Request.BufferGetBase(allocated.buffer())));
        RemoteBuffer buffer = new RemoteBuffer(this, allocated.buffer(), base, sizeBytes);
        // Stock servers hand out whatever was there before; a device's new buffer is zero.
        server.request(new Request.BufferClear(buffer.handle(), (byte) 0));
        return buffer;
    }

    /// Gives `buffer` back; graphs that were computed with it are not asked for again.
    synchronized void free(RemoteBuffer buffer) {
        last = null;
        if (isClosed) {
            return; // the server frees what a connection leaves behind
        }
        try {
            server.request(new Request.FreeBuffer(buffer.handle()));
        } catch (DeviceException.Lost e) {
            // gone with the server
        }
    }

    private RemoteBuffer own(DeviceBuffer buffer) {
        if (buffer instanceof RemoteBuffer remote && remote.device() == this) {
            return remote;
        }
        throw new IllegalArgumentException("a buffer of another device was given to " + name);
    }

    @Override
    public void write(DeviceBuffer target, long offset, MemorySegment source) {
        RemoteBuffer buffer = own(target);
        buffer.region(offset, source.byteSize());
        for (long done = 0; done < source.byteSize(); done += WRITE_BYTES) {
            long size = Math.min(WRITE_BYTES, source.byteSize() - done);
            server.write(
                    new Request.SetTensor(buffer.region(offset + done, size), 0, size),
                    source.asSlice(done, size));
        }
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long sizeBytes, byte value) {
        RemoteBuffer buffer = own(target);
        buffer.region(offset, sizeBytes);
        for (long done = 0; done < sizeBytes; done += STEP_BYTES) {
            long size = Math.min(STEP_BYTES, sizeBytes - done);
            server.request(
                    new Request.MemsetTensor(buffer.region(offset + done, size), 0, size, value));
        }
    }

    @Override
    public void copy(
            DeviceBuffer source,
            long sourceOffset,
            DeviceBuffer target,
            long targetOffset,
            long sizeBytes) {
        RemoteBuffer from = own(source);
        RemoteBuffer to = own(target);
        from.region(sourceOffset, sizeBytes);
        to.region(targetOffset, sizeBytes);
        for (long done = 0; done < sizeBytes; done += STEP_BYTES) {
            long size = Math.min(STEP_BYTES, sizeBytes - done);
            Request.CopyTensor copy =
                    new Request.CopyTensor(
                            from.region(sourceOffset + done, size),
                            to.region(targetOffset + done, size));
            if (!((Reply.Result) server.ask(copy)).isDone()) {
                throw new DeviceException(
                        "%s could not copy %d bytes inside itself".formatted(name, size));
            }
        }
    }

    @Override
    public synchronized CompletableFuture<@Nullable Void> compute(Graph graph) {
        if (graph == last) {
            server.send(new Request.GraphRecompute(index));
        } else {
            server.send(written.computeIfAbsent(graph, this::request));
            last = graph;
        }
        return CompletableFuture.completedFuture(null);
    }

    private Request.GraphCompute request(Graph graph) {
        return new Request.GraphCompute(index, GraphBytes.of(GraphWriter.write(graph)));
    }

    @Override
    public CompletableFuture<@Nullable Void> read(
            DeviceBuffer source, long offset, MemorySegment target) {
        RemoteBuffer buffer = own(source);
        buffer.region(offset, target.byteSize());
        List<CompletableFuture<@Nullable Void>> steps = new ArrayList<>();
        long done = 0;
        do {
            long size = Math.min(STEP_BYTES, target.byteSize() - done);
            steps.add(
                    server.read(
                            new Request.GetTensor(buffer.region(offset + done, size), 0, size),
                            target.asSlice(done, size)));
            done += size;
        } while (done < target.byteSize());
        return steps.size() == 1
                ? steps.getFirst()
                : CompletableFuture.allOf(steps.toArray(new CompletableFuture<?>[0]));
    }

    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            server.close();
        }
    }
}
