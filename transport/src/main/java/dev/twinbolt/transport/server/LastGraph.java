package dev.twinbolt.transport.server;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Tensor;
import java.util.Set;
import java.util.stream.Collectors;

/// What GRAPH_RECOMPUTE runs: the last graph of a device, until a buffer of it is freed.
final class LastGraph {
    private final Graph graph;
    private final Set<Long> handles;
    private boolean isStale;

    LastGraph(Graph graph, LentBuffers buffers) {
        this.graph = graph;
        this.handles =
                graph.tensors().stream()
                        .map(Tensor::memory)
                        .map(memory -> buffers.of(memory).handle())
                        .collect(Collectors.toSet());
    }

    Graph graph() {
        return graph;
    }

    boolean isStale() {
        return isStale;
    }

    void freed(long handle) {
        isStale |= handles.contains(handle);
    }
}
