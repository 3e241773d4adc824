package dev.twinbolt.transport.server;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.transport.wire.GraphBytes;
import dev.twinbolt.transport.wire.WireException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The graphs that a peer computed last on one device: GRAPH_RECOMPUTE runs the latest, and one
/// that comes again in the same bytes, as where two groups of conversations take turns, is not read
/// again. A graph is forgotten when a buffer of it is freed.
final class KnownGraphs {
    /// Of the bytes of all that are kept but the latest; the graphs made of them take several times
    /// that.
    private static final long LIMIT_BYTES = 8 << 20;

    private final int device;
    private final LentBuffers buffers;
    private final Backlog.Share backlog;
    private final LinkedHashMap<GraphBytes, Known> graphs = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable Known last;
    private boolean isFreed;
    private long countedBytes;
    private long keptBytes;

    /// @param handles of the buffers that its tensors are in
    private record Known(Graph graph, Set<Long> handles) {}

    KnownGraphs(int device, LentBuffers buffers, Backlog.Share backlog) {
        this.device = device;
        this.buffers = buffers;
        this.backlog = backlog;
    }

    /// The graph of `bytes`, which `read` makes where it is not known. It is the latest then.
    Graph get(GraphBytes bytes, Function<GraphBytes, Graph> read) {
        Known known = graphs.get(bytes);
        if (known == null) {
            known = known(read.apply(bytes));
            keep(bytes, known);
        }
        last = known;
        isFreed = false;
        count();
        return known.graph();
    }

    private Known known(Graph graph) {
        Set<Long> handles = new HashSet<>();
        for (Tensor tensor : graph.tensors()) {
            handles.add(buffers.of(tensor.memory()).handle());
        }
        return new Known(graph, handles);
    }

    private void keep(GraphBytes bytes, Known known) {
        graphs.put(bytes, known);
        keptBytes += bytes.size();
        Iterator<GraphBytes> eldest = graphs.keySet().iterator();
        while (keptBytes > LIMIT_BYTES && graphs.size() > 1) {
            keptBytes -= eldest.next().size();
            eldest.remove();
        }
    }

    /// The latest; throws [WireException] where there is none.
    Graph last() {
        if (last == null) {
            throw new WireException(
                    isFreed
                            ? "a buffer of the last graph of device %d was freed".formatted(device)
                            : "device %d has computed no graph yet".formatted(device));
        }
        return last.graph();
    }

    void freed(long handle) {
        Iterator<Map.Entry<GraphBytes, Known>> each = graphs.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<GraphBytes, Known> entry = each.next();
            if (entry.getValue().handles().contains(handle)) {
                keptBytes -= entry.getKey().size();
                each.remove();
            }
        }
        if (last != null && last.handles().contains(handle)) {
            last = null;
            isFreed = true;
        }
        count();
    }

    /// Throws [WireException] where those of all clients are too many and this one's are most.
    private void count() {
        long change = keptBytes - countedBytes;
        countedBytes = keptBytes;
        backlog.add(change);
    }

    /// Forgets them all.
    void clear() {
        graphs.clear();
        keptBytes = 0;
        last = null;
        count();
    }
}
