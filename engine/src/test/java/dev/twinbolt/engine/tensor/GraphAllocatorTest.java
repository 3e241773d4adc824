package dev.twinbolt.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphAllocatorTest {
    private static final int ALIGNMENT = 64;

    @Test
    void aChainNeedsTwoTensorsAndItsInput() {
        GraphBuilder g = new GraphBuilder();
        Tensor x = g.input("x", TensorType.F32, Shape.of(256));
        Tensor y = x;
        for (int i = 0; i < 10; i++) {
            y = g.scale("y" + i, y, 2);
        }
        GraphAllocator plan =
                GraphAllocator.plan(g.build(), Set.of(y), ALIGNMENT, Tensor::spanBytes);
        assertEquals(3 * 1024, plan.sizeBytes());
    }

    /// Runs the graph on paper: each byte belongs to the tensor that wrote it last, and a node has
    /// to find its sources' bytes still theirs.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void noTensorIsOverwrittenBeforeItsLastUse(int seed) {
        Random random = new Random(seed);
        GraphBuilder g = new GraphBuilder();
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tensors.add(g.input("in" + i, TensorType.F32, Shape.of(16, 1 + random.nextInt(40))));
        }
        for (int i = 0; i < 60; i++) {
            Tensor a = tensors.get(random.nextInt(tensors.size()));
            tensors.add(
                    switch (random.nextInt(3)) {
                        case 0 -> g.scale("s" + i, a, 2);
                        case 1 -> g.reshape("r" + i, a, Shape.of(a.shape().elementCount()));
                        default -> g.add("a" + i, a, a);
                    });
        }
        Tensor output = tensors.getLast();
        Tensor early = tensors.get(20);
        Graph graph = g.build();
        GraphAllocator plan =
                GraphAllocator.plan(graph, Set.of(output, early), ALIGNMENT, Tensor::spanBytes);
        plan.bind(plan::sizeBytes);
        Map<Long, String> ownerOfByte = new HashMap<>();
        for (Tensor tensor : graph.tensors()) {
            if (tensor.op() instanceof Op.None) {
                own(ownerOfByte, tensor);
            }
        }
        for (Tensor node : graph.nodes()) {
            assertEquals(0, node.root().offset() % ALIGNMENT);
            node.sources().forEach(source -> assertOwned(ownerOfByte, source, node.name()));
            if (!node.op().isNoOp()) {
                own(ownerOfByte, node);
            }
        }
        assertOwned(ownerOfByte, output, "the reader");
        assertOwned(ownerOfByte, early, "the reader");
        for (Tensor tensor : graph.tensors()) {
            if (tensor.op() instanceof Op.None) {
                assertOwned(ownerOfByte, tensor, "the next run");
            }
        }
    }

    private static void own(Map<Long, String> ownerOfByte, Tensor tensor) {
        for (long b = 0; b < tensor.spanBytes(); b++) {
            ownerOfByte.put(tensor.offset() + b, tensor.root().name());
        }
    }

    private static void assertOwned(Map<Long, String> ownerOfByte, Tensor tensor, String reader) {
        for (long b = 0; b < tensor.spanBytes(); b++) {
            String owner = ownerOfByte.get(tensor.offset() + b);
            assertTrue(
                    tensor.root().name().equals(owner),
                    reader + " reads " + tensor.name() + ", byte " + b + " belongs to " + owner);
        }
    }
}
