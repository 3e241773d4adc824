package dev.twinbolt.transport.server;

import static dev.twinbolt.transport.server.Hostile.floats;
import static dev.twinbolt.transport.server.Hostile.graph;
import static dev.twinbolt.transport.server.Hostile.graphCase;
import static dev.twinbolt.transport.server.Hostile.nodeCase;
import static dev.twinbolt.transport.server.Hostile.result;

import dev.twinbolt.transport.LentCpu;
import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.Request;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Hostile graphs, by the classes of the published vulnerabilities: one log line that names the
/// tensor and the rule, that connection ended, the others served.
final class HostileGraphTest {
    private static LentCpu node;

    @BeforeAll
    static void start() throws IOException {
        node = new LentCpu();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static Stream<Hostile.Case> graphs() {
        return Stream.of(
                nodeCase(
                        "1 source without a buffer",
                        "buffer 0x0 is none",
                        y -> y.at(0, 0x7f0000000000L).op("ADD", 1L, 2L)),
                graphCase(
                        "3 view outside its buffer",
                        "needs 64 bytes at offset 4064",
                        p -> graph(p, floats(p, 3, "v", 4064).op("VIEW", 1L).view(1, 4064))),
                graphCase(
                        "3 view whose data is elsewhere",
                        "is not that of its view source a",
                        p -> graph(p, floats(p, 3, "v", 256).op("VIEW", 1L).view(1, 64))),
                graphCase(
                        "3 view inside an element",
                        "are to be multiples of the 4 bytes",
                        p -> graph(p, floats(p, 3, "v", 2).op("VIEW", 1L).view(1, 2))),
                graphCase(
                        "3 view offset of 2^63",
                        "view_offs 9223372036854775808",
                        p ->
                                graph(
                                        p,
                                        floats(p, 3, "v", Long.MIN_VALUE)
                                                .op("VIEW", 1L)
                                                .view(1, Long.MIN_VALUE))),
                graphCase(
                        "4 source outside its buffer",
                        "needs 64 bytes at offset 4048, its buffer has 4096",
                        p ->
                                graph(
                                        p,
                                        List.of(3L),
                                        floats(p, 1, "a", 4048),
                                        floats(p, 2, "b", 64),
                                        result(p).op("ADD", 1L, 2L))),
                nodeCase(
                        "5 type out of range", "type 43 is unknown", y -> y.type(43).op("ADD", 1L)),
                nodeCase("5 dead type", "type 4 is unknown", y -> y.type(4).op("ADD", 1L)),
                nodeCase(
                        "6 shapes that the op does not take",
                        "ADD y: a is [16, 1, 1, 1], d is [8, 1, 1, 1]",
                        y -> y.shape(8, 1).op("ADD", 1L, 2L)),
                graphCase(
                        "6 product of rows that differ",
                        "MUL_MAT y: a has rows of 16, b of 3",
                        p ->
                                graph(
                                        p,
                                        List.of(3L),
                                        floats(p, 1, "a", 0),
                                        floats(p, 2, "b", 64).shape(3, 1),
                                        result(p).shape(1, 1).op("MUL_MAT", 1L, 2L))),
                nodeCase(
                        "6 a stride that ends inside an element",
                        "are to be multiples of the 4 bytes",
                        y -> y.nb(4, 64, 64, 66).op("ADD", 1L, 2L)),
                nodeCase("6 strides past 2^63", "2^63", y -> bigStrides(y).op("ADD", 1L, 2L)),
                graphCase(
                        "7 node that is not there",
                        "node 0x9 is not among the tensors",
                        p -> graph(p, List.of(9L), floats(p, 1, "a", 0))),
                nodeCase(
                        "7 source that is not there",
                        "source of 'y': id 0x9 is not among",
                        y -> y.op("ADD", 1L, 9L)),
                nodeCase(
                        "7 view source that is not there",
                        "view source of 'y': id 0x9 is not among",
                        y -> y.op("VIEW", 1L).view(9, 0)),
                nodeCase(
                        "8 a node that reads itself",
                        "tensor 'y': needs 'y', which is computed later or is itself",
                        y -> y.op("ADD", 3L, 2L)),
                nodeCase(
                        "8 a node that looks into itself",
                        "tensor 'y': needs 'y'",
                        y -> y.op("VIEW", 1L).view(3, 0)),
                graphCase(
                        "8 two nodes that read each other",
                        "tensor 'y': needs 'z'",
                        p ->
                                graph(
                                        p,
                                        List.of(3L, 4L),
                                        result(p).op("SCALE", 4L),
                                        floats(p, 4, "z", 256).op("SCALE", 3L))),
                graphCase(
                        "8 views of views",
                        "its view source 'b' is a view",
                        p ->
                                graph(
                                        p,
                                        List.of(3L),
                                        floats(p, 1, "a", 0).view(2, 0),
                                        floats(p, 2, "b", 0).view(1, 0),
                                        floats(p, 3, "y", 0).op("VIEW", 1L).view(2, 0))),
                graphCase(
                        "an id twice",
                        "has the id 0x1 of 'a'",
                        p -> graph(p, List.of(), floats(p, 1, "a", 0), floats(p, 1, "b", 0))),
                graphCase(
                        "a node twice",
                        "is a node twice",
                        p -> graph(p, List.of(1L, 1L), floats(p, 1, "a", 0))),
                graphCase(
                        "12 rope of more columns than there are",
                        "ROPE y: cannot turn 32 columns",
                        p ->
                                graph(
                                        p,
                                        List.of(3L),
                                        floats(p, 1, "a", 0),
                                        floats(p, 2, "positions", 64).type(26).shape(1, 1),
                                        result(p).op("ROPE", 1L, 2L).params(0, 32, 0))),
                nodeCase(
                        "12 rope mode", "ROPE mode 24", y -> y.op("ROPE", 1L, 2L).params(0, 2, 24)),
                nodeCase(
                        "12 concat dimension",
                        "CONCAT y: has no dimension 4",
                        y -> y.op("CONCAT", 1L, 2L).params(4)),
                nodeCase(
                        "12 order of a sort",
                        "ARGSORT order is 2",
                        y -> y.type(26).op("ARGSORT", 1L).params(2)),
                nodeCase("15 op out of range", "op 101 is out of range", y -> y.opNumber(101, 1L)),
                nodeCase("15 op below zero", "op -1 is out of range", y -> y.opNumber(-1, 1L)),
                nodeCase(
                        "15 op that is not computed here",
                        "op SSM_CONV (76) is not computed by this node",
                        y -> y.op("SSM_CONV", 1L, 2L)),
                nodeCase(
                        "15 unary out of range",
                        "UNARY function 99 is out of range",
                        y -> y.op("UNARY", 1L).params(99)),
                nodeCase(
                        "15 unary that is not computed here",
                        "UNARY XIELU (17) is not computed",
                        y -> y.op("UNARY", 1L).params(17)),
                nodeCase(
                        "15 GLU out of range",
                        "GLU function 6 is out of range",
                        y -> y.op("GLU", 1L, 2L).params(6)),
                nodeCase("15 missing source", "ADD y: source 1 is missing", y -> y.op("ADD", 1L)),
                graphCase(
                        "16 row that is not there",
                        "GET_ROWS y: ",
                        p -> {
                            rows(p, 1000);
                            getRows(p, 64);
                        }),
                graphCase(
                        "16 row below zero written",
                        "SET_ROWS y: ",
                        p -> {
                            rows(p, -1);
                            setRows(p, 64);
                        }),
                graphCase(
                        "16 expert that is not there",
                        "MUL_MAT_ID y: ",
                        p -> {
                            rows(p, 7);
                            mulMatId(p, 64);
                        }),
                // What is checked is not what is read then, where a first row lands on the second's
                // number.
                graphCase(
                        "16 rows written over their numbers",
                        "SET_ROWS y: writes over the numbers rows that it reads",
                        p -> setRows(p, 128 + 60)),
                graphCase(
                        "16 rows read over their numbers",
                        "GET_ROWS y: writes over the numbers rows that it reads",
                        p -> getRows(p, 128)),
                graphCase(
                        "16 products written over their experts",
                        "MUL_MAT_ID y: writes over the numbers rows that it reads",
                        p -> mulMatId(p, 128)));
    }

    /// With the number of a row at `at`; the result is at 128, as in the others.
    private static void getRows(RawPeer p, long at) throws IOException {
        graph(
                p,
                List.of(3L),
                floats(p, 1, "a", 0),
                numbers(p, at),
                result(p).op("GET_ROWS", 1L, 2L));
    }

    private static void setRows(RawPeer p, long at) throws IOException {
        graph(
                p,
                List.of(3L),
                floats(p, 1, "a", 0),
                numbers(p, at),
                floats(p, 4, "cache", 128),
                floats(p, 3, "y", 128).op("SET_ROWS", 1L, 2L, 4L).view(4, 0));
    }

    private static void mulMatId(RawPeer p, long at) throws IOException {
        graph(
                p,
                List.of(3L),
                floats(p, 1, "a", 0),
                numbers(p, at),
                floats(p, 4, "b", 256),
                result(p).shape(1, 1).op("MUL_MAT_ID", 1L, 4L, 2L));
    }

    private static Draft numbers(RawPeer peer, long offset) {
        return new Draft(2, "rows").at(peer.handle(), peer.base() + offset).type(26).shape(1, 1);
    }

    private static Draft bigStrides(Draft y) {
        long max = 0xFFFFFFFCL;
        return y.ne(16, 1, 0xFFFFFFFFL, 0xFFFFFFFL).nb(4, max, max, max);
    }

    /// Writes one I32 where the drafts above have row numbers.
    private static void rows(RawPeer peer, int row) throws IOException {
        peer.send(new Request.SetTensor(numbers(peer, 64).record(), 0, 4));
        peer.send(
                new byte[] {(byte) row, (byte) (row >> 8), (byte) (row >> 16), (byte) (row >> 24)});
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void isRefusedWithOneLineAndOthersAreServed(Hostile.Case hostile) throws IOException {
        hostile.check(node);
    }
}
