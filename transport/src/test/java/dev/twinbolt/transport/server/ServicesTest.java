package dev.twinbolt.transport.server;

import static dev.twinbolt.transport.server.Hostile.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.transport.client.RpcProvider;
import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.GraphRecords;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import dev.twinbolt.transport.wire.TensorRecord;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// What a node asks of its devices for a peer.
final class ServicesTest {
    private static final int MIB = 1 << 20;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final StubDevice device = new StubDevice(CompletableFuture.completedFuture(null));

    private RpcServer serve(StubDevice... devices) throws IOException {
        return RpcServer.start(List.of(devices), "127.0.0.1", 0, log::add);
    }

    /// Greeted services of the device, without a connection.
    private Services open(Executor blocking) {
        Services services =
                new Services(
                        List.of(device),
                        blocking,
                        Runnable::run,
                        new LongAdder(),
                        new Backlog().open(_ -> {}));
        services.serve(new Request.Hello(true));
        return services;
    }

    private static boolean comesTrue(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 500 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        return condition.getAsBoolean();
    }

    @Test
    void freesTheBuffersOfAPeerWhoIsGone() throws Exception {
        try (RpcServer server = serve(device)) {
            RawPeer peer = RawPeer.open(server.port());
            peer.ask(new Request.AllocBuffer(0, 100));
            assertEquals(2, device.openBuffers.get());
            try (RawPeer other = RawPeer.open(server.port())) {
                peer.close();
                assertTrue(
                        comesTrue(() -> device.openBuffers.get() == 1),
                        device.openBuffers + " buffers are open");
                other.ask(new Request.BufferClear(other.handle(), (byte) 0));
            }
        }
    }

    @Test
    void cancelsTheGraphOfAPeerWhoIsGone() throws Exception {
        device.graphs = new CompletableFuture<>();
        try (RpcServer server = serve(device);
                RawPeer peer = RawPeer.open(server.port())) {
            Hostile.graph(
                    peer,
                    List.of(3L),
                    floats(peer, 1, "a", 0),
                    floats(peer, 2, "b", 64),
                    Hostile.result(peer).op("ADD", 1L, 2L));
            assertTrue(comesTrue(() -> device.computations.get() == 1), log::toString);
            peer.close();
            assertTrue(comesTrue(device.graphs::isCancelled));
        }
    }

    /// A peer writes 64 MiB to a device that does nothing: no more than 16 MiB and what one read of
    /// the socket brings are queued.
    @Test
    void queuesNoMoreWritesThanTheDeviceMayBeBehind() throws Exception {
        StubDevice slow = new StubDevice(new CompletableFuture<>());
        try (RpcServer server = serve(slow);
                RawPeer peer = RawPeer.open(server.port())) {
            long handle =
                    ((Reply.Allocated) peer.ask(new Request.AllocBuffer(0, 64 * MIB))).buffer();
            long base = ((Reply.Number) peer.ask(new Request.BufferGetBase(handle))).value();
            TensorRecord all = new Draft(1, "x").at(handle, base).shape(16 * MIB, 1).record();
            CompletableFuture<Void> sending =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    peer.send(new Request.SetTensor(all, 0, 64 * MIB));
                                    for (int i = 0; i < 64; i++) {
                                        peer.send(new byte[MIB]);
                                    }
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            });
            assertTrue(comesTrue(() -> slow.fences.get() > 0), "no fence");
            Thread.sleep(100);
            assertEquals(1, slow.fences.get());
            assertTrue(slow.writtenBytes.get() <= 17 * MIB, slow.writtenBytes + " bytes");
            slow.reads.complete(null);
            assertTrue(comesTrue(() -> slow.writtenBytes.get() == 64 * MIB));
            sending.get();
        }
    }

    /// A peer asks for 128 MiB and reads nothing of it: no more leaves the device than the two
    /// kernels and one piece beyond them hold, and the rest once the peer reads.
    @Test
    void readsNoMoreFromTheDeviceThanThePeerTakes() throws Exception {
        int reads = 128;
        try (RpcServer server = serve(device);
                RawPeer peer = RawPeer.open(server.port())) {
            long handle = ((Reply.Allocated) peer.ask(new Request.AllocBuffer(0, MIB))).buffer();
            long base = ((Reply.Number) peer.ask(new Request.BufferGetBase(handle))).value();
            TensorRecord all = new Draft(1, "x").at(handle, base).shape(MIB / 4, 1).record();
            peer.holdLittle();
            for (int i = 0; i < reads; i++) {
                peer.send(new Request.GetTensor(all, 0, MIB));
            }
            assertTrue(comesTrue(() -> device.fences.get() > 0), "no read");
            int before = 0;
            while (before != device.fences.get()) {
                before = device.fences.get();
                Thread.sleep(200);
            }
            assertTrue(before < reads / 2, before + " MiB were read");
            for (int i = 0; i < reads; i++) {
                assertEquals(MIB, peer.reply().length);
            }
            assertEquals(reads, device.fences.get());
        }
    }

    /// `request` is answered when the device has done what was queued, and not before.
    private void assertFenced(Services services, Request request, Reply reply) {
        int before = device.fences.get();
        device.reads = new CompletableFuture<>();
        Answer.Later later = assertInstanceOf(Answer.Later.class, services.serve(request));
        assertEquals(before + 1, device.fences.get(), request.toString());
        assertFalse(later.answer().isDone(), request.toString());
        device.reads.complete(null);
        assertEquals(new Answer.Now(reply), later.answer().join());
    }

    @Test
    void answersWhatChangesMemoryOnceTheDeviceHasDoneIt() {
        Services services = open(Runnable::run);
        Answer.Later lent = (Answer.Later) services.serve(new Request.AllocBuffer(0, 4096));
        Reply.Allocated buffer = (Reply.Allocated) ((Answer.Now) lent.answer().join()).reply();
        Request getBase = new Request.BufferGetBase(buffer.buffer());
        Reply.Number base = (Reply.Number) ((Answer.Now) services.serve(getBase)).reply();
        Draft x = new Draft(1, "x").at(buffer.buffer(), base.value()).shape(16, 1);
        Draft y = new Draft(2, "y").at(buffer.buffer(), base.value() + 64).shape(16, 1);
        Reply.Empty empty = new Reply.Empty();
        assertFenced(services, new Request.BufferClear(buffer.buffer(), (byte) 0), empty);
        assertFenced(services, new Request.MemsetTensor(x.record(), 0, 64, (byte) 1), empty);
        assertFenced(
                services, new Request.CopyTensor(x.record(), y.record()), new Reply.Result(true));
    }

    @Test
    void freesABufferThatIsAllocatedWhenThePeerIsGone() {
        Queue<Runnable> blocking = new ArrayDeque<>();
        Services services = open(blocking::add);
        Answer.Later lent = (Answer.Later) services.serve(new Request.AllocBuffer(0, 4096));
        services.close();
        assertFalse(lent.answer().isDone());
        blocking.remove().run();
        assertTrue(lent.answer().isDone());
        assertEquals(1, device.allocations.get());
        assertEquals(0, device.openBuffers.get());
    }

    @Test
    void copiesNothingOntoItself() throws Exception {
        try (RpcServer server = serve(device);
                RawPeer peer = RawPeer.open(server.port())) {
            TensorRecord x = floats(peer, 1, "x", 64).record();
            for (long offset : new long[] {4, 64, 124}) {
                Request copy = new Request.CopyTensor(x, floats(peer, 2, "y", offset).record());
                assertEquals(new Reply.Result(false), peer.ask(copy), "to " + offset);
            }
            for (long offset : new long[] {0, 128}) {
                Request copy = new Request.CopyTensor(x, floats(peer, 2, "y", offset).record());
                assertEquals(new Reply.Result(true), peer.ask(copy), "to " + offset);
            }
        }
    }

    @Test
    void lendsBuffersThatAreApart() {
        LentBuffers buffers = new LentBuffers();
        LentBuffer first = buffers.add(0, device.allocate(100_000));
        LentBuffer second = buffers.add(0, device.allocate(1));
        assertTrue(second.base() >= first.base() + 100_000, second + " after " + first);
    }

    /// A host that writes and goes away at once.
    @Test
    void takesAllThatWasSentBeforeTheEnd() throws Exception {
        try (RpcServer server = serve(device)) {
            String endpoint = "127.0.0.1:" + server.port();
            Device remote =
                    new RpcProvider().open(new DeviceConfig(0, List.of(endpoint))).getFirst();
            remote.write(remote.allocate(MIB), 0, Arena.ofAuto().allocate(MIB));
            remote.close();
            assertTrue(comesTrue(() -> device.writtenBytes.get() == MIB), log.toString());
        }
    }

    @Test
    void copiesNothingBetweenDevices() throws Exception {
        StubDevice other = new StubDevice(CompletableFuture.completedFuture(null));
        try (RpcServer server = serve(device, other);
                RawPeer peer = RawPeer.open(server.port())) {
            Reply.Allocated there = (Reply.Allocated) peer.ask(new Request.AllocBuffer(1, 4096));
            Reply.Number base = (Reply.Number) peer.ask(new Request.BufferGetBase(there.buffer()));
            TensorRecord x = floats(peer, 1, "x", 0).record();
            TensorRecord y = floats(peer, 2, "y", 0).at(there.buffer(), base.value()).record();
            assertEquals(new Reply.Result(false), peer.ask(new Request.CopyTensor(x, y)));
            assertEquals(new Reply.Result(false), peer.ask(new Request.CopyTensor(y, x)));
        }
    }

    @Test
    void copiesNothingThatLiesOtherwise() throws Exception {
        try (RpcServer server = serve(device);
                RawPeer peer = RawPeer.open(server.port())) {
            TensorRecord x = floats(peer, 1, "x", 0).ne(4, 2, 1, 1).nb(4, 16, 32, 32).record();
            TensorRecord y = floats(peer, 2, "y", 64).ne(4, 2, 1, 1).nb(4, 32, 64, 64).record();
            peer.send(new Request.CopyTensor(x, y));
            assertTrue(peer.isEnded());
            assertTrue(log.getFirst().contains("COPY_TENSOR refused"), log.toString());
            assertTrue(log.getFirst().contains("cannot be copied from 'x'"), log.toString());
        }
    }

    /// While a graph is computed, TCP holds back a peer who sends 64 MiB behind it.
    @Test
    void readsLittleAheadOfAGraphThatIsComputed() throws Exception {
        device.graphs = new CompletableFuture<>();
        try (RpcServer server = serve(device);
                RawPeer peer = RawPeer.open(server.port())) {
            Hostile.graph(peer, Hostile.result(peer).op("ADD", 1L, 2L));
            TensorRecord all = floats(peer, 1, "x", 0).record();
            AtomicInteger sent = new AtomicInteger();
            int writes = 64 * MIB / (360 + 9);
            CompletableFuture<Void> sending =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    while (sent.get() < writes) {
                                        peer.send(new Request.SetTensor(all, 0, 64));
                                        peer.send(new byte[64]);
                                        sent.incrementAndGet();
                                    }
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            });
            int before = -1;
            while (before != sent.get()) {
                before = sent.get();
                Thread.sleep(300);
            }
            assertTrue(before < writes / 2, before + " of " + writes);
            device.graphs.complete(null);
            sending.get();
            peer.ask(new Request.DeviceCount());
            assertEquals(64L * writes, device.writtenBytes.get());
        }
    }

    @Test
    void refusesAGraphOverABufferOfAnotherDevice() throws Exception {
        StubDevice other = new StubDevice(CompletableFuture.completedFuture(null));
        try (RpcServer server = serve(device, other);
                RawPeer peer = RawPeer.open(server.port())) {
            List<TensorRecord> tensors =
                    List.of(
                            floats(peer, 1, "a", 0).record(),
                            floats(peer, 2, "b", 64).record(),
                            floats(peer, 3, "y", 128).op("ADD", 1L, 2L).record());
            GraphBytes graph = GraphBytes.of(new GraphRecords(List.of(3L), tensors));
            peer.send(new Request.GraphCompute(1, graph));
            assertTrue(peer.isEnded());
            assertTrue(log.getFirst().contains("GRAPH_COMPUTE refused"), log.toString());
            assertTrue(log.getFirst().contains("is on device 0, the graph on 1"), log.toString());
        }
    }
}
