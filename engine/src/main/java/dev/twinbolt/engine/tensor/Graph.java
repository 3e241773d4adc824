package dev.twinbolt.engine.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Nodes in the order in which they are computed. A graph never changes: what changes between two
/// runs is the data in its input tensors, so a device may prepare it once and run it often.
public final class Graph {
    private final List<Tensor> nodes;
    private final List<Tensor> tensors;

    public Graph(List<Tensor> nodes) {
        this.nodes = List.copyOf(nodes);
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Tensor> all = new ArrayList<>();
        for (Tensor node : this.nodes) {
            for (Tensor source : node.sources()) {
                addOnce(source, seen, all);
            }
            addOnce(node, seen, all);
        }
        this.tensors = Collections.unmodifiableList(all);
    }

    private static void addOnce(@Nullable Tensor tensor, Set<Tensor> seen, List<Tensor> all) {
        if (tensor != null && !seen.contains(tensor)) {
            addOnce(tensor.viewSource(), seen, all);
            seen.add(tensor);
            all.add(tensor);
        }
    }

    /// What is computed, in order.
    public List<Tensor> nodes() {
        return nodes;
    }

    /// Every tensor that a node is, reads, or looks into; each once, roots before their views.
    public List<Tensor> tensors() {
        return tensors;
    }
}
