package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.transport.wire.Draft;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.GraphReader;
import dev.twinbolt.transport.wire.GraphRecords;
import dev.twinbolt.transport.wire.TensorRecord;
import dev.twinbolt.transport.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class KnownGraphsTest {
    private static final int MIB = 1 << 20;

    private final StubDevice device = new StubDevice(CompletableFuture.completedFuture(null));
    private final LentBuffers buffers = new LentBuffers();
    private final LentBuffer first = buffers.add(0, device.allocate(4096));
    private final LentBuffer second = buffers.add(0, device.allocate(4096));
    private final List<WireException> ended = new ArrayList<>();
    private final Backlog backlog = new Backlog();
    private final KnownGraphs graphs = new KnownGraphs(0, buffers, backlog.open(ended::add));
    private int readCount;

    /// Twice the 16 floats of `lent`, and `bytes` or a little more of tensors that nothing needs.
    private static GraphBytes doubled(LentBuffer lent, int bytes) {
        List<TensorRecord> tensors = new ArrayList<>();
        Draft x = new Draft(1, "x").at(lent.handle(), lent.base()).shape(16, 1);
        Draft y = new Draft(2, "y").at(lent.handle(), lent.base() + 64).shape(16, 1);
        tensors.add(x.record());
        tensors.add(y.op("ADD", 1L, 1L).record());
        for (int id = 3; id * TensorRecord.BYTES < bytes; id++) {
            tensors.add(new Draft(id, "z").record());
        }
        return GraphBytes.of(new GraphRecords(List.of(2L), tensors));
    }

    private Graph get(GraphBytes bytes) {
        return graphs.get(
                bytes,
                graph -> {
                    readCount++;
                    return GraphReader.read(graph.records(), buffers.onDevice(0));
                });
    }

    @Test
    void readsAGraphThatComesAgainOnce() {
        Graph a = get(doubled(first, 0));
        Graph b = get(doubled(second, 0));
        assertNotSame(a, b);
        assertSame(b, graphs.last());
        assertSame(a, get(doubled(first, 0)));
        assertSame(a, graphs.last());
        assertSame(b, get(doubled(second, 0)));
        assertEquals(2, readCount);
    }

    @Test
    void forgetsTheGraphsOfABufferThatIsFreed() {
        get(doubled(first, 0));
        Graph b = get(doubled(second, 0));
        graphs.freed(first.handle());
        buffers.free(first);
        assertSame(b, graphs.last());
        assertThrows(WireException.class, () -> get(doubled(first, 0)));
        assertSame(b, get(doubled(second, 0)));
        graphs.freed(second.handle());
        WireException e = assertThrows(WireException.class, graphs::last);
        assertTrue(String.valueOf(e.getMessage()).contains("was freed"), e.getMessage());
    }

    /// Its memory is computed on, whether it is read or written.
    @Test
    void forgetsAGraphWhoseSourceIsFreed() {
        Draft x = new Draft(1, "x").at(first.handle(), first.base()).shape(16, 1);
        Draft y = new Draft(2, "y").at(second.handle(), second.base()).shape(16, 1);
        List<TensorRecord> tensors = List.of(x.record(), y.op("ADD", 1L, 1L).record());
        get(GraphBytes.of(new GraphRecords(List.of(2L), tensors)));
        graphs.freed(first.handle());
        assertThrows(WireException.class, graphs::last);
    }

    @Test
    void keepsNoMoreThan8MiB() {
        Graph a = get(doubled(first, 3 * MIB));
        get(doubled(second, 3 * MIB));
        assertSame(a, get(doubled(first, 3 * MIB)));
        get(doubled(first, 4 * MIB));
        assertEquals(3, readCount);
        assertSame(a, get(doubled(first, 3 * MIB)));
        get(doubled(second, 3 * MIB));
        assertEquals(4, readCount, "what was used longest ago goes first");
        Graph large = get(doubled(first, 9 * MIB));
        assertSame(large, graphs.last());
        assertSame(large, get(doubled(first, 9 * MIB)));
        assertEquals(5, readCount, "the latest is kept, however large");
        get(doubled(second, 3 * MIB));
        assertEquals(6, readCount, "and alone");
        get(doubled(first, 9 * MIB));
        assertEquals(7, readCount);
    }

    @Test
    void keepsAsMuchAsBeforeAfterAFree() {
        get(doubled(first, 7 * MIB));
        graphs.freed(first.handle());
        get(doubled(second, 3 * MIB));
        get(doubled(second, 4 * MIB));
        get(doubled(second, 3 * MIB));
        assertEquals(3, readCount);
    }

    @Test
    void countsWhatItKeeps() {
        GraphBytes small = doubled(first, 0);
        GraphBytes large = doubled(second, 9 * MIB);
        get(small);
        assertEquals(small.size(), backlog.bytes());
        get(large);
        assertEquals(large.size(), backlog.bytes());
        graphs.freed(first.handle());
        assertEquals(large.size(), backlog.bytes());
        graphs.freed(second.handle());
        assertEquals(0, backlog.bytes());
        get(doubled(first, 0));
        graphs.clear();
        assertEquals(0, backlog.bytes());
    }

    @Test
    void keepsNoMoreForAllClientsThanTheNodeHasFor() {
        for (int i = 0; i < 127; i++) {
            backlog.open(_ -> {}).add(MIB);
        }
        get(doubled(first, 0));
        assertThrows(WireException.class, () -> get(doubled(first, 2 * MIB)));
        graphs.clear();
        assertEquals(Backlog.LIMIT_BYTES - MIB, backlog.bytes());
        assertEquals(List.of(), ended);
    }

    /// Who needs little is served, whoever has filled the place.
    @Test
    void thoseOfTheClientWithMostGo() {
        List<WireException> larger = new ArrayList<>();
        try (Backlog.Share much = backlog.open(larger::add)) {
            much.add(Backlog.LIMIT_BYTES);
            get(doubled(first, 0));
            assertEquals(1, larger.size());
            assertTrue(larger.getFirst().toString().contains("this one's are most of them"));
        }
        get(doubled(first, 2 * MIB));
        assertEquals(1, larger.size());
        assertEquals(List.of(), ended);
    }
}
