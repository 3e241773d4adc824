package dev.twinbolt.engine.tensor;

import dev.twinbolt.gguf.Alignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/// Lays a graph's unbound tensors into one buffer, so that tensors which are never alive together
/// share bytes. Leaves (inputs) and outputs live from the first node to the last.
public final class GraphAllocator {
    private record Span(long offset, long end, int firstNode, int lastNode) {
        boolean meets(int first, int last) {
            return firstNode <= last && first <= lastNode;
        }
    }

    private final IdentityHashMap<Tensor, Long> offsets = new IdentityHashMap<>();
    private final long sizeBytes;

    private GraphAllocator(
            Graph graph, Set<Tensor> outputs, long alignment, ToLongFunction<Tensor> sizeOf) {
        IdentityHashMap<Tensor, int[]> lives = lives(graph, outputs);
        List<Map.Entry<Tensor, int[]>> largestFirst = new ArrayList<>();
        for (Tensor tensor : graph.tensors()) {
            int[] life = lives.get(tensor);
            if (life != null) {
                largestFirst.add(Map.entry(tensor, life));
            }
        }
        largestFirst.sort(
                Comparator.comparingLong(
                        (Map.Entry<Tensor, int[]> e) -> -sizeOf.applyAsLong(e.getKey())));
        List<Span> taken = new ArrayList<>();
        long end = 0;
        for (Map.Entry<Tensor, int[]> entry : largestFirst) {
            int[] life = entry.getValue();
            long size =
                    Alignment.roundUp(Math.max(1, sizeOf.applyAsLong(entry.getKey())), alignment);
            long offset = lowestFit(taken, size, life[0], life[1]);
            taken.add(new Span(offset, offset + size, life[0], life[1]));
            offsets.put(entry.getKey(), offset);
            end = Math.max(end, offset + size);
        }
        this.sizeBytes = end;
    }

    /// Plans the memory of `graph`. `sizeOf` gives the bytes that the device wants for a tensor,
    /// `alignment` is a power of two.
    public static GraphAllocator plan(
            Graph graph, Set<Tensor> outputs, long alignment, ToLongFunction<Tensor> sizeOf) {
        return new GraphAllocator(graph, outputs, alignment, sizeOf);
    }

    /// The bytes that the plan needs.
    public long sizeBytes() {
        return sizeBytes;
    }

    /// Binds every planned tensor into `memory`.
    public void bind(Memory memory) {
        offsets.forEach((tensor, offset) -> tensor.bind(memory, offset));
    }

    /// First and last node at which each unbound root is alive.
    private static IdentityHashMap<Tensor, int[]> lives(Graph graph, Set<Tensor> outputs) {
        int last = graph.nodes().size() - 1;
        IdentityHashMap<Tensor, int[]> lives = new IdentityHashMap<>();
        for (Tensor tensor : graph.tensors()) {
            if (tensor.viewSource() == null && !tensor.isBound()) {
                boolean isLeaf = tensor.op() instanceof Op.None;
                lives.put(tensor, isLeaf ? new int[] {0, last} : new int[] {last, 0});
            }
        }
        for (int i = 0; i <= last; i++) {
            Tensor node = graph.nodes().get(i);
            touch(lives, node, i);
            for (Tensor source : node.sources()) {
                touch(lives, source, i);
            }
        }
        for (Tensor output : outputs) {
            touch(lives, output, last);
        }
        return lives;
    }

    private static void touch(IdentityHashMap<Tensor, int[]> lives, Tensor tensor, int node) {
        int[] life = lives.get(tensor.root());
        if (life != null) {
            life[0] = Math.min(life[0], node);
            life[1] = Math.max(life[1], node);
        }
    }

    private static long lowestFit(List<Span> taken, long size, int first, int last) {
        long offset = 0;
        List<Span> alive =
                taken.stream()
                        .filter(s -> s.meets(first, last))
                        .sorted(Comparator.comparingLong(Span::offset))
                        .toList();
        for (Span span : alive) {
            if (offset + size <= span.offset()) {
                return offset;
            }
            offset = Math.max(offset, span.end());
        }
        return offset;
    }
}
