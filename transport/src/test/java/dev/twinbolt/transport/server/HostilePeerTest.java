package dev.twinbolt.transport.server;

import static dev.twinbolt.transport.server.Hostile.assertServed;
import static dev.twinbolt.transport.server.Hostile.floats;
import static dev.twinbolt.transport.server.Hostile.graph;
import static dev.twinbolt.transport.server.Hostile.graphCase;
import static dev.twinbolt.transport.server.Hostile.result;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.Reply;
import dev.twinbolt.transport.wire.Request;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Hostile input outside of graphs, by the classes of the published vulnerabilities: one log line
/// that names command and rule, that connection ended, the others served.
final class HostilePeerTest {
    private static LentCpu node;

    @BeforeAll
    static void start() throws IOException {
        node = new LentCpu();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static Stream<Hostile.Case> buffersAndBounds() {
        return Stream.of(
                new Hostile.Case(
                        "1 buffer never handed out",
                        "GET_TENSOR",
                        "buffer 0xdead is none",
                        p ->
                                p.send(
                                        new Request.GetTensor(
                                                floats(p, 1, "x", 0).at(0xdead, p.base()).record(),
                                                0,
                                                4))),
                new Hostile.Case(
                        "1 freed twice",
                        "FREE_BUFFER",
                        "none of this connection's",
                        p -> {
                            p.ask(new Request.FreeBuffer(p.handle()));
                            p.send(new Request.FreeBuffer(p.handle()));
                        }),
                new Hostile.Case(
                        "1 base of an unknown buffer",
                        "BUFFER_GET_BASE",
                        "buffer 0x1 is none",
                        p -> p.send(new Request.BufferGetBase(1))),
                new Hostile.Case(
                        "1 clear of an unknown buffer",
                        "BUFFER_CLEAR",
                        "buffer 0x1 is none",
                        p -> p.send(new Request.BufferClear(1, (byte) 0))),
                new Hostile.Case(
                        "2 offset and size overflow",
                        "GET_TENSOR",
                        "bytes at offset 18446744073709551608 reach outside",
                        p -> p.send(new Request.GetTensor(floats(p, 1, "x", 0).record(), -8, 16))),
                new Hostile.Case(
                        "2 size of 2^64 - 1",
                        "GET_TENSOR",
                        "18446744073709551615 bytes",
                        p -> p.send(new Request.GetTensor(floats(p, 1, "x", 0).record(), 0, -1))),
                new Hostile.Case(
                        "2 data below the base",
                        "INIT_TENSOR",
                        "is outside its buffer",
                        p -> p.send(new Request.InitTensor(floats(p, 1, "x", -64).record()))),
                new Hostile.Case(
                        "2 data at the end of memory",
                        "MEMSET_TENSOR",
                        "is outside its buffer",
                        p ->
                                p.send(
                                        new Request.MemsetTensor(
                                                floats(p, 1, "x", 0).at(p.handle(), -4).record(),
                                                0,
                                                4,
                                                (byte) 0))),
                new Hostile.Case(
                        "2 write past the tensor",
                        "SET_TENSOR",
                        "65 bytes at offset 0 reach outside its 64 bytes",
                        p -> p.send(new Request.SetTensor(floats(p, 1, "x", 0).record(), 0, 65))),
                new Hostile.Case(
                        "2 hash past the tensor",
                        "SET_TENSOR_HASH",
                        "reach outside its 64 bytes",
                        p ->
                                p.send(
                                        new Request.SetTensorHash(
                                                floats(p, 1, "x", 0).record(), 65, 0))),
                new Hostile.Case(
                        "5 dead type",
                        "SET_TENSOR",
                        "type 31 is unknown or dead",
                        p ->
                                p.send(
                                        new Request.SetTensor(
                                                floats(p, 1, "x", 0).type(31).record(), 0, 0))),
                new Hostile.Case(
                        "5 type out of range",
                        "GET_ALLOC_SIZE",
                        "type 4294967295 is unknown",
                        p ->
                                p.send(
                                        new Request.GetAllocSize(
                                                0,
                                                floats(p, 1, "x", 0).type(-1).record(),
                                                List.of()))),
                new Hostile.Case(
                        "6 more than 2^63 elements",
                        "INIT_TENSOR",
                        "2^63",
                        p ->
                                p.send(
                                        new Request.InitTensor(
                                                floats(p, 1, "x", 0)
                                                        .ne(1L << 31, 1L << 31, 1L << 31, 1L << 31)
                                                        .record()))),
                new Hostile.Case(
                        "6 stride inside an element",
                        "INIT_TENSOR",
                        "multiples of the 4 bytes of F32",
                        p ->
                                p.send(
                                        new Request.InitTensor(
                                                floats(p, 1, "x", 0).nb(3, 64, 64, 64).record()))),
                new Hostile.Case(
                        "11 copy between types",
                        "COPY_TENSOR",
                        "cannot be copied from 'x'",
                        p ->
                                p.send(
                                        new Request.CopyTensor(
                                                floats(p, 1, "x", 0).record(),
                                                floats(p, 2, "y", 64).type(26).record()))),
                new Hostile.Case(
                        "11 copy between sizes",
                        "COPY_TENSOR",
                        "cannot be copied from 'x'",
                        p ->
                                p.send(
                                        new Request.CopyTensor(
                                                floats(p, 1, "x", 0).shape(16, 2).record(),
                                                floats(p, 2, "y", 256).record()))));
    }

    static Stream<Hostile.Case> stream() {
        return Stream.of(
                new Hostile.Case(
                        "unknown command",
                        "stream",
                        "command 18 is unknown",
                        p -> p.send(18, 0, new byte[0])),
                new Hostile.Case(
                        "a second HELLO",
                        "HELLO",
                        "a second HELLO",
                        p -> p.send(new Request.Hello(true))),
                new Hostile.Case(
                        "device out of range",
                        "ALLOC_BUFFER",
                        "device 4294967295 is out of range",
                        p -> p.send(new Request.AllocBuffer(-1, 64))),
                graphCase(
                        "9 n_nodes overflows",
                        "n_nodes 4294967295 needs",
                        p -> p.send(10, 12, new byte[] {0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0})),
                graphCase(
                        "9 n_tensors overflows",
                        "n_tensors 4294967295 needs",
                        p -> p.send(10, 12, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1})),
                graphCase(
                        "10 a graph of a TiB announced",
                        "a payload of 1099511627776 bytes is announced",
                        p -> p.send(10, 1L << 40, new byte[0])),
                new Hostile.Case(
                        "10 data of a TiB announced",
                        "SET_TENSOR",
                        "reach outside",
                        p ->
                                p.send(
                                        new Request.SetTensor(
                                                floats(p, 1, "x", 0).record(), 0, 1L << 40))),
                new Hostile.Case(
                        "10 a negative payload",
                        "SET_TENSOR",
                        "18446744073709551615 bytes is announced",
                        p -> p.send(6, -1, new byte[0])),
                new Hostile.Case(
                        "13 recompute before any graph",
                        "GRAPH_RECOMPUTE",
                        "no graph yet",
                        p -> p.send(new Request.GraphRecompute(0))),
                new Hostile.Case(
                        "14 recompute after a free",
                        "GRAPH_RECOMPUTE",
                        "a buffer of the last graph of device 0 was freed",
                        p -> {
                            graph(p, result(p).op("ADD", 1L, 2L));
                            long other =
                                    ((Reply.Allocated) p.ask(new Request.AllocBuffer(0, 64)))
                                            .buffer();
                            p.ask(new Request.FreeBuffer(p.handle()));
                            p.ask(new Request.FreeBuffer(other));
                            p.send(new Request.GraphRecompute(0));
                        }),
                new Hostile.Case(
                        "a name that starts a line of its own",
                        "INIT_TENSOR",
                        "tensor 'x?evil: ok'",
                        p ->
                                p.send(
                                        new Request.InitTensor(
                                                floats(p, 1, "x\nevil: ok", -64).record()))));
    }

    @ParameterizedTest
    @MethodSource({"buffersAndBounds", "stream"})
    void isRefusedWithOneLineAndOthersAreServed(Hostile.Case hostile) throws IOException {
        hostile.check(node);
    }

    @Test
    void refusesABufferOfAnotherConnection() throws IOException {
        int before = node.refusals().size();
        try (RawPeer other = RawPeer.open(node.port());
                RawPeer peer = RawPeer.open(node.port())) {
            peer.send(new Request.GetTensor(floats(other, 1, "theirs", 0).record(), 0, 4));
            assertTrue(peer.isEnded());
            assertEquals(before + 1, node.refusals().size());
            assertTrue(node.refusals().getLast().contains("none of this connection's buffers"));
            assertServed(other);
        }
    }

    @Test
    void wantsHelloFirstAndOfFourOrNewer() throws IOException {
        int before = node.refusals().size();
        try (RawPeer peer = RawPeer.connect(node.port())) {
            peer.send(new Request.DeviceCount());
            assertTrue(peer.isEnded());
        }
        try (RawPeer peer = RawPeer.connect(node.port())) {
            peer.send(new Request.Hello(false));
            assertTrue(peer.isEnded());
        }
        List<String> lines = node.refusals().subList(before, node.refusals().size());
        assertEquals(2, lines.size());
        assertTrue(lines.get(0).contains("DEVICE_COUNT refused: HELLO has to come first"));
        assertTrue(lines.get(1).contains("HELLO refused: the client speaks ggml RPC 3.x"));
    }

    @Test
    void answersAPingAtAnyTimeAndNothingElseBeforeHello() throws IOException {
        try (RawPeer peer = RawPeer.connect(node.port())) {
            assertEquals(new Reply.Empty(), peer.ask(new Request.Ping()));
            assertEquals(new Reply.Empty(), peer.ask(new Request.Ping()));
            peer.send(new Request.DeviceCount());
            assertTrue(peer.isEnded());
        }
        try (RawPeer peer = RawPeer.open(node.port())) {
            assertEquals(new Reply.Empty(), peer.ask(new Request.Ping()));
            assertEquals(new Reply.Count(1), peer.ask(new Request.DeviceCount()));
        }
    }

    @Test
    void computesACpyThatNamesItself() throws IOException {
        try (RawPeer peer = RawPeer.open(node.port())) {
            graph(peer, result(peer).op("CPY", 1L, 3L));
            assertServed(peer);
        }
    }

    @Test
    void skipsNodesWithoutTheFlagWhereOthersHaveIt() throws IOException {
        try (RawPeer peer = RawPeer.open(node.port())) {
            peer.ask(new Request.BufferClear(peer.handle(), (byte) 1));
            Draft skipped = floats(peer, 4, "skipped", 256).opNumber(101, 9L).flags(0);
            graph(
                    peer,
                    List.of(4L, 3L),
                    floats(peer, 1, "a", 0),
                    skipped,
                    result(peer).op("SCALE", 4L).params(0, 0));
            peer.send(new Request.GetTensor(result(peer).record(), 0, 4));
            assertArrayEquals(new byte[4], peer.reply());
        }
    }

    /// They occur, and nothing is to be done for them, whatever their op would ask for.
    @Test
    void skipsNodesOfNoElements() throws IOException {
        try (RawPeer peer = RawPeer.open(node.port())) {
            Draft empty = floats(peer, 4, "empty", 256).ne(16, 0, 1, 1).opNumber(101, 9L);
            graph(
                    peer,
                    List.of(4L, 3L),
                    floats(peer, 1, "a", 0),
                    empty,
                    result(peer).op("SCALE", 1L).params(0, 0));
            assertServed(peer);
        }
    }

    @Test
    void answersZeroWhereThereIsNoRoomAndGoesOn() throws IOException {
        try (RawPeer peer = RawPeer.open(node.port())) {
            for (long size : new long[] {-1, Long.MAX_VALUE, 1L << 50}) {
                assertEquals(new Reply.Allocated(0, 0), peer.ask(new Request.AllocBuffer(0, size)));
            }
            assertServed(peer);
        }
    }

    @Test
    void lendsNoMoreBuffersThanAClientNeeds() throws IOException {
        try (RawPeer peer = RawPeer.open(node.port())) {
            Reply refused = new Reply.Allocated(0, 0);
            int lent = 1;
            while (lent <= 4096 && !peer.ask(new Request.AllocBuffer(0, 0)).equals(refused)) {
                lent++;
            }
            assertEquals(4096, lent);
            assertServed(peer);
        }
    }

    @Test
    void wantsHelloBeforeThePayloadOfAnythingElse() throws IOException {
        int before = node.refusals().size();
        try (RawPeer peer = RawPeer.connect(node.port())) {
            peer.send(10, 32 << 20, new byte[10]);
            assertTrue(peer.isEnded());
        }
        assertEquals(before + 1, node.refusals().size());
        String line = node.refusals().getLast();
        assertTrue(line.contains("GRAPH_COMPUTE refused: HELLO has to come first"), line);
    }
}
