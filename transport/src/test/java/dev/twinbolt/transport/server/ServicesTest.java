package dev.twinbolt.transport.server;

import static dev.twinbolt.transport.server.Hostile.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import dev.twinbolt.transport.wire.TensorRecord;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
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
    void refusesAGraphOverABufferOfAnotherDevice() throws Exception {
        StubDevice other = new StubDevice(CompletableFuture.completedFuture(null));
        try (RpcServer server = serve(device, other);
                RawPeer peer = RawPeer.open(server.port())) {
            List<TensorRecord> tensors =
                    List.of(
                            floats(peer, 1, "a", 0).record(),
                            floats(peer, 2, "b", 64).record(),
                            floats(peer, 3, "y", 128).op("ADD", 1L, 2L).record());
            peer.send(new Request.GraphCompute(1, List.of(3L), tensors));
            assertTrue(peer.isEnded());
            assertTrue(log.getFirst().contains("GRAPH_COMPUTE refused"), log.toString());
            assertTrue(log.getFirst().contains("is on device 0, the graph on 1"), log.toString());
        }
    }
}
