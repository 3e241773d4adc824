package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.GraphRecords;
import dev.twinbolt.transport.wire.Request;
import dev.twinbolt.transport.wire.TensorRecord;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// What hostile peers have in common: a case, and the tensors that they bend.
final class Hostile {
    private Hostile() {}

    @FunctionalInterface
    interface Attack {
        void on(RawPeer peer) throws IOException;
    }

    record Case(String name, String command, String rule, Attack attack) {
        /// Attacks `node`, and finds one line about it, this connection ended and another served.
        void check(LentCpu node) throws IOException {
            int before = node.refusals().size();
            try (RawPeer other = RawPeer.open(node.port());
                    RawPeer peer = RawPeer.open(node.port())) {
                attack.on(peer);
                assertTrue(peer.isEnded(), "still connected");
                List<String> lines = node.refusals().subList(before, node.refusals().size());
                assertEquals(1, lines.size(), lines.toString());
                String line = lines.getFirst();
                assertTrue(line.contains(command + " refused: "), line);
                assertTrue(line.contains(rule), line);
                assertServed(other);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /// 16 floats at `offset` of the peer's buffer.
    static Draft floats(RawPeer peer, long id, String name, long offset) {
        return new Draft(id, name).at(peer.handle(), peer.base() + offset).shape(16, 1);
    }

    static void graph(RawPeer peer, List<Long> nodes, Draft... tensors) throws IOException {
        List<TensorRecord> records = Arrays.stream(tensors).map(Draft::record).toList();
        peer.send(new Request.GraphCompute(0, GraphBytes.of(new GraphRecords(nodes, records))));
    }

    /// A graph of `node`, which has id 3, over two tensors of 16 floats, 1 and 2.
    static void graph(RawPeer peer, Draft node) throws IOException {
        graph(peer, List.of(3L), floats(peer, 1, "a", 0), floats(peer, 2, "b", 64), node);
    }

    static Draft result(RawPeer peer) {
        return floats(peer, 3, "y", 128);
    }

    static Case graphCase(String name, String rule, Attack attack) {
        return new Case(name, "GRAPH_COMPUTE", rule, attack);
    }

    /// A graph whose node is made from the plain result.
    static Case nodeCase(String name, String rule, java.util.function.UnaryOperator<Draft> node) {
        return graphCase(name, rule, peer -> graph(peer, node.apply(result(peer))));
    }

    static void assertServed(RawPeer peer) throws IOException {
        peer.ask(new Request.BufferClear(peer.handle(), (byte) 1));
        graph(peer, result(peer).op("ADD", 1L, 2L));
        peer.send(new Request.GetTensor(floats(peer, 1, "x", 0).record(), 0, 4));
        assertArrayEquals(new byte[] {1, 1, 1, 1}, peer.reply());
    }
}
