package dev.twinbolt.transport.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.transport.LentCpu;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// One node, several hosts, one of them with a graph of minutes.
final class SharedNodeTest {
    private static final int OPS = 20_000;
    private static final int ELEMENTS = 1 << 20;
    private static final long SOON_SECONDS = 20;

    /// Queues a graph of [#OPS] ops on `device`, and the read of its result.
    private static CompletableFuture<Void> computeForMinutes(Device device) {
        GraphBuilder b = new GraphBuilder();
        Tensor x = b.input("x", TensorType.F32, Shape.of(ELEMENTS));
        Tensor y = x;
        for (int i = 0; i < OPS; i++) {
            y = b.scale("y" + i, y, 0.5f);
        }
        Graph graph = b.build();
        GraphAllocator plan =
                GraphAllocator.plan(
                        graph, Set.of(y), device.alignmentBytes(), device::allocationBytes);
        DeviceBuffer buffer = device.allocate(plan.sizeBytes());
        plan.bind(buffer);
        device.compute(graph);
        return device.read(buffer, 0, MemorySegment.ofArray(new byte[4]));
    }

    private static void readSomething(Device device) throws Exception {
        try (DeviceBuffer buffer = device.allocate(8)) {
            device.read(buffer, 0, MemorySegment.ofArray(new byte[8]))
                    .get(SOON_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLongGraphDoesNotStopAnotherHost() throws Exception {
        try (LentCpu node = new LentCpu();
                Device busy = node.connect();
                Device other = node.connect()) {
            CompletableFuture<Void> result = computeForMinutes(busy);
            readSomething(other);
            assertFalse(result.isDone());
        }
    }

    @Test
    void aHostThatGoesAwayCancelsItsGraph() throws Exception {
        try (LentCpu node = new LentCpu()) {
            try (Device gone = node.connect()) {
                computeForMinutes(gone);
                readSomething(node.connect());
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SOON_SECONDS);
            while (node.log().isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            assertEquals(1, node.log().size(), node.log().toString());
            String line = node.log().getFirst();
            assertTrue(line.contains("went away during GRAPH_COMPUTE"), line);
        } // which would wait for the graph
    }

    @Test
    void aLostNodeIsHeardOfWhileNothingIsAskedOfIt() throws Exception {
        LentCpu node = new LentCpu();
        try (Device device = node.connect()) {
            CompletableFuture<Void> loss = device.loss();
            assertFalse(loss.isDone());
            node.close();
            ExecutionException e =
                    assertThrows(
                            ExecutionException.class,
                            () -> loss.get(SOON_SECONDS, TimeUnit.SECONDS));
            assertTrue(e.getCause() instanceof DeviceException.Lost, e.toString());
        }
    }
}
