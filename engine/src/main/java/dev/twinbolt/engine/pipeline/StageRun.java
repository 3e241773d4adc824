package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.model.KvWindow;
import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// A stage at work: the KV cache of all conversations and the graphs for the shapes of pass that it
/// has met, which take turns in one compute buffer. Passes may be queued ahead, as the device takes
/// them in order. For one thread.
final class StageRun implements AutoCloseable {
    /// There are few shapes: the micro-batch, a rest of the prompt, one token, for each slot, at a
    /// few cell counts.
    private static final int GRAPHS_KEPT = 16;

    private final Stage stage;
    private final int slotCells;
    private final KvCache cache;
    private final StageInputs inputs;
    private final GrowingBuffer computeBuffer;
    private final Map<StageGraph.Bucket, StageGraph> graphs =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(
                        Map.Entry<StageGraph.Bucket, StageGraph> eldest) {
                    return size() > GRAPHS_KEPT;
                }
            };

    StageRun(Stage stage, Capacity capacity) {
        this.stage = stage;
        this.slotCells = KvCache.slotCells(capacity);
        this.cache =
                KvCache.allocate(
                        stage.device(), stage.model().architecture(), stage.range(), capacity);
        this.inputs = new StageInputs(stage.device(), slotCells, graphs::clear);
        this.computeBuffer = new GrowingBuffer(stage.device(), graphs::clear);
    }

    Stage stage() {
        return stage;
    }

    /// K and V of the stage's layers, of all conversations.
    List<LayerCache> caches() {
        return cache.layers();
    }

    /// A pass that was queued.
    ///
    /// @param output its activations or logits, once `read` is done
    /// @param traffic that it makes
    record Queued(
            CompletableFuture<Void> computed,
            CompletableFuture<Void> read,
            MemorySegment output,
            Traffic traffic) {
        /// Completes `answer` as soon as the output is there, and cancels it with the pass.
        void onRead(CompletableFuture<Void> answer) {
            read.whenComplete(
                    (_, _) -> {
                        if (read.isCancelled()) {
                            answer.cancel(false);
                        } else {
                            answer.complete(null);
                        }
                    });
        }

        /// Ops that were not begun are left out.
        void cancel() {
            computed.cancel(false);
            read.cancel(false);
        }
    }

    /// Queues one pass: `x` is the tokens or activations, the output the activations, or the logits
    /// of the tokens that `batch` wants.
    Queued submit(Batch batch, MemorySegment x) {
        Device device = stage.device();
        Traffic before = device.traffic();
        StageRange range = stage.range();
        KvWindow window =
                range.layerCount() == 0
                        ? null
                        : new KvWindow(
                                batch.firstSlot(),
                                batch.slots(),
                                KvCache.cells(batch.cellsSeen()),
                                slotCells);
        int outputs = range.hasHead() ? batch.outputs() * batch.slots() : 0;
        StageGraph graph = graph(new StageGraph.Bucket(batch.tokens().length, window, outputs));
        inputs.write(graph, batch, x);
        CompletableFuture<Void> computed = device.compute(graph.graph());
        Tensor output = graph.output();
        MemorySegment result = Arena.ofAuto().allocate(output.spanBytes(), 64);
        CompletableFuture<Void> read =
                device.read((DeviceBuffer) output.memory(), output.offset(), result);
        return new Queued(computed, read, result, device.traffic().minus(before));
    }

    private StageGraph graph(StageGraph.Bucket bucket) {
        StageGraph known = graphs.get(bucket);
        if (known != null) {
            return known;
        }
        StageGraph graph =
                StageGraph.build(
                        stage.model().architecture(),
                        stage.range(),
                        bucket,
                        stage.weights(),
                        cache::layer);
        inputs.bind(graph);
        GraphAllocator plan = graph.allocate(stage.device());
        computeBuffer.ensure(plan.sizeBytes());
        plan.bind(computeBuffer.get());
        graphs.put(bucket, graph);
        return graph;
    }

    @Override
    public void close() {
        inputs.close();
        computeBuffer.close();
        cache.close();
    }
}
