package dev.twinbolt.transport.server;

import static dev.twinbolt.transport.server.Hostile.assertServed;
import static dev.twinbolt.transport.server.Hostile.floats;
import static dev.twinbolt.transport.server.Hostile.graph;
import static dev.twinbolt.transport.server.Hostile.result;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.wire.Request;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/// What a node bounds of clients that are slow, many, or never finish: the time of a message, the
/// connections, and the memory that all of them take.
final class PeerLimitsTest {
    @Test
    void endsAMessageThatStopsInTheMiddleButNotAQuietClient() throws Exception {
        List<String> log = new CopyOnWriteArrayList<>();
        try (CpuDevice device = new CpuDevice(1);
                RpcServer server = RpcServer.start(List.of(device), "127.0.0.1", 0, log::add, 200);
                RawPeer quiet = RawPeer.open(server.port());
                RawPeer header = RawPeer.open(server.port());
                RawPeer data = RawPeer.open(server.port())) {
            header.send(10, 1 << 20, new byte[100]);
            data.send(new Request.SetTensor(floats(data, 1, "x", 0).record(), 0, 64));
            data.send(new byte[10]);
            assertTrue(header.isEnded());
            assertTrue(data.isEnded());
            assertEquals(2, log.size(), log.toString());
            String rule = " refused: the rest of the message did not come";
            assertTrue(log.stream().anyMatch(l -> l.contains("GRAPH_COMPUTE" + rule)));
            assertTrue(log.stream().anyMatch(l -> l.contains("SET_TENSOR" + rule)));
            assertServed(quiet);
        }
    }

    /// Who holds connections without a word would keep others out.
    @Test
    void endsAConnectionOnWhichNothingIsAsked() throws Exception {
        List<String> log = new CopyOnWriteArrayList<>();
        try (CpuDevice device = new CpuDevice(1);
                RpcServer server = RpcServer.start(List.of(device), "127.0.0.1", 0, log::add, 200);
                RawPeer mute = RawPeer.connect(server.port());
                RawPeer quiet = RawPeer.open(server.port())) {
            assertTrue(mute.isEnded());
            assertEquals(1, log.size(), log.toString());
            assertTrue(log.getFirst().contains("stream refused: a first request did not come"));
            assertServed(quiet);
        }
    }

    /// A quiet client, or one whose graph takes long, is as patient as any with its next message.
    @Test
    void countsTheTimeOfAMessageFromItsBeginning() throws Exception {
        List<String> log = new CopyOnWriteArrayList<>();
        int stall = 1000;
        StubDevice device = new StubDevice(CompletableFuture.completedFuture(null));
        try (RpcServer server = RpcServer.start(List.of(device), "127.0.0.1", 0, log::add, stall);
                RawPeer quiet = RawPeer.open(server.port());
                RawPeer busy = RawPeer.open(server.port())) {
            device.graphs = new CompletableFuture<>();
            graph(busy, result(busy).op("ADD", 1L, 2L));
            byte[] deviceCount = {15, 0, 0, 0, 0, 0, 0, 0, 0};
            byte[] begin = Arrays.copyOf(deviceCount, 5);
            byte[] rest = Arrays.copyOfRange(deviceCount, 5, 9);
            busy.send(begin);
            Thread.sleep(stall + 100);
            quiet.send(begin);
            device.graphs.complete(null);
            Thread.sleep(stall / 2 + 50); // the next look at the time is half of it away
            quiet.send(rest);
            busy.send(rest);
            assertEquals(4, quiet.reply().length);
            assertEquals(4, busy.reply().length);
            assertEquals(List.of(), log);
        }
    }

    @Test
    void endsAMessageThatComesByteForByte() throws Exception {
        List<String> log = new CopyOnWriteArrayList<>();
        try (CpuDevice device = new CpuDevice(1);
                RpcServer server = RpcServer.start(List.of(device), "127.0.0.1", 0, log::add, 200);
                RawPeer slow = RawPeer.open(server.port())) {
            slow.send(10, 1 << 20, new byte[0]);
            long start = System.nanoTime();
            while (log.isEmpty() && System.nanoTime() - start < 10_000_000_000L) {
                try {
                    slow.send(new byte[1]);
                } catch (IOException e) {
                    break; // ended
                }
                Thread.sleep(20);
            }
            assertTrue(slow.isEnded());
            assertEquals(1, log.size(), log.toString());
            assertTrue(log.getFirst().contains("GRAPH_COMPUTE refused: the rest"), log.toString());
        }
    }

    @Test
    void boundsTheConnections() throws IOException {
        List<RawPeer> peers = new ArrayList<>();
        try (LentCpu crowded = new LentCpu()) {
            for (int i = 0; i < RpcServer.MAX_CONNECTIONS; i++) {
                peers.add(RawPeer.open(crowded.port()));
            }
            try (RawPeer refused = RawPeer.connect(crowded.port())) {
                assertTrue(refused.isEnded());
            }
            assertEquals(1, crowded.refusals().size(), crowded.refusals().toString());
            assertTrue(crowded.refusals().getFirst().contains("64 are open"));
            assertServed(peers.getFirst());
        } finally {
            for (RawPeer peer : peers) {
                peer.close();
            }
        }
    }

    @Test
    void boundsTheUnfinishedMessagesOfAllClients() throws IOException {
        List<RawPeer> peers = new ArrayList<>();
        byte[] most = new byte[(32 << 20) - 1];
        try (LentCpu crowded = new LentCpu()) {
            RawPeer served = RawPeer.open(crowded.port());
            peers.add(served);
            while (crowded.refusals().isEmpty() && peers.size() < 8) {
                RawPeer peer = RawPeer.open(crowded.port());
                peers.add(peer);
                try {
                    peer.send(10, 32 << 20, most);
                } catch (IOException e) {
                    assertTrue(peer.isEnded());
                }
            }
            String line = crowded.refusals().getFirst();
            assertTrue(line.contains("GRAPH_COMPUTE refused: the unfinished messages"), line);
            assertServed(served);
            for (RawPeer peer : peers) {
                peer.close();
            }
            // What they held is given back.
            try (RawPeer next = RawPeer.open(crowded.port())) {
                graph(next, result(next).op("ADD", 1L, 2L));
                assertServed(next);
            }
        } finally {
            for (RawPeer peer : peers) {
                peer.close();
            }
        }
    }

    @Test
    void keepsNothingOfWhatItHasServed() {
        Backlog backlog = new Backlog();
        Connection connection =
                new Connection(
                        (loop, share) ->
                                new Services(
                                        List.of(), Runnable::run, loop, new LongAdder(), share),
                        _ -> {},
                        1_000_000,
                        backlog);
        EmbeddedChannel channel = new EmbeddedChannel(connection);
        ByteBuf hello = new Request.Hello(true).encode(channel.alloc());
        byte[] count = {15, 0, 0, 0, 0, 0, 0, 0, 0};
        channel.writeInbound(hello.writeBytes(count, 0, 5));
        for (int i = 0; i < 3_000; i++) {
            // The end of one request and the beginning of the next.
            channel.writeInbound(
                    channel.alloc().buffer().writeBytes(count, 5, 4).writeBytes(count, 0, 5));
            channel.releaseOutbound();
        }
        assertTrue(backlog.bytes() < 10_000, backlog.bytes() + " bytes");
        channel.finishAndReleaseAll();
        assertEquals(0, backlog.bytes());
    }
}
