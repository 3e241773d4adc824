package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.model.Architecture;
import dev.twinbolt.engine.model.AttentionInputs;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One conversation's share of a stage: its KV cache and the graphs for the shapes of pass that it
/// has met, which take turns in one compute buffer.
final class StageRun implements AutoCloseable {
    /// A conversation meets few shapes: the micro-batch, a rest of the prompt, one token, at a few
    /// cell counts.
    private static final int GRAPHS_KEPT = 8;

    private static final short F16_ZERO = 0;
    private static final short F16_MINUS_INFINITY = (short) 0xFC00;

    private final Stage stage;
    private final CompletableFuture<?> loss;
    private final int contextLength;
    private final KvCache cache;
    private final Map<StageGraph.Bucket, StageGraph> graphs =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(
                        Map.Entry<StageGraph.Bucket, StageGraph> eldest) {
                    return size() > GRAPHS_KEPT;
                }
            };
    private @Nullable DeviceBuffer computeBuffer;
    private long forwardPasses;
    private long computedNanos;

    /// `loss` fails when any device of the pipeline is lost.
    StageRun(Stage stage, CompletableFuture<?> loss, int contextLength) {
        this.stage = stage;
        this.loss = loss;
        this.contextLength = contextLength;
        this.cache =
                KvCache.allocate(
                        stage.device(), stage.model().architecture(), stage.range(), contextLength);
    }

    StageRange range() {
        return stage.range();
    }

    /// Computes one pass: `input` is the tokens or activations of positions `firstPosition` on, the
    /// result the activations, or the logits of the last `outputs` tokens.
    MemorySegment forward(MemorySegment input, int tokens, int firstPosition, int outputs)
            throws InterruptedException {
        long start = System.nanoTime();
        int cells = KvCache.cells(firstPosition + tokens, contextLength);
        StageRange range = stage.range();
        StageGraph graph =
                graph(
                        new StageGraph.Bucket(
                                tokens,
                                range.layerCount() == 0 ? 0 : cells,
                                range.hasHead() ? outputs : 0));
        Device device = stage.device();
        try (Arena scratch = Arena.ofConfined()) {
            write(graph.input(), input);
            AttentionInputs attention = graph.attention();
            if (attention != null) {
                writeAttention(attention, scratch, tokens, firstPosition, cells);
            }
            Tensor outputRows = graph.outputRows();
            if (outputRows != null) {
                MemorySegment rows = scratch.allocate(4L * outputs, 4);
                for (int i = 0; i < outputs; i++) {
                    rows.setAtIndex(ValueLayout.JAVA_INT, i, tokens - outputs + i);
                }
                write(outputRows, rows);
            }
        }
        CompletableFuture<Void> computed = device.compute(graph.graph());
        Tensor output = graph.output();
        MemorySegment result = Arena.ofAuto().allocate(output.spanBytes(), 64);
        CompletableFuture<Void> read =
                device.read((DeviceBuffer) output.memory(), output.offset(), result);
        Futures.await(computed, loss);
        Futures.await(read, loss);
        forwardPasses++;
        computedNanos += System.nanoTime() - start;
        return result;
    }

    private void writeAttention(
            AttentionInputs attention, Arena scratch, int tokens, int firstPosition, int cells) {
        MemorySegment positions = scratch.allocate(4L * tokens, 4);
        MemorySegment rows = scratch.allocate(8L * tokens, 8);
        MemorySegment mask = scratch.allocate(2L * cells * tokens, 2);
        for (int t = 0; t < tokens; t++) {
            int position = firstPosition + t;
            positions.setAtIndex(ValueLayout.JAVA_INT, t, position);
            rows.setAtIndex(ValueLayout.JAVA_LONG, t, position);
            for (int c = 0; c < cells; c++) {
                short seen = c <= position ? F16_ZERO : F16_MINUS_INFINITY;
                mask.setAtIndex(ValueLayout.JAVA_SHORT, (long) t * cells + c, seen);
            }
        }
        write(attention.positions(), positions);
        write(attention.kvRows(), rows);
        write(attention.mask(), mask);
    }

    private void write(Tensor tensor, MemorySegment bytes) {
        stage.device().write((DeviceBuffer) tensor.memory(), tensor.offset(), bytes);
    }

    private StageGraph graph(StageGraph.Bucket bucket) {
        StageGraph known = graphs.get(bucket);
        if (known != null) {
            return known;
        }
        Architecture architecture = stage.model().architecture();
        StageGraph graph =
                StageGraph.build(
                        architecture, stage.range(), bucket, stage.weights(), cache::layer);
        GraphAllocator plan = graph.allocate(stage.device());
        plan.bind(computeBuffer(plan.sizeBytes()));
        graphs.put(bucket, graph);
        return graph;
    }

    /// The compute buffer, replaced by a larger one where `sizeBytes` asks for it; graphs in the
    /// old one go.
    private DeviceBuffer computeBuffer(long sizeBytes) {
        DeviceBuffer buffer = computeBuffer;
        if (buffer == null || buffer.sizeBytes() < sizeBytes) {
            graphs.clear();
            if (buffer != null) {
                buffer.close();
                computeBuffer = null;
            }
            buffer = stage.device().allocate(sizeBytes);
            computeBuffer = buffer;
        }
        return buffer;
    }

    StageStats stats(long totalNanos) {
        return new StageStats(
                stage.device().name(),
                stage.range(),
                forwardPasses,
                computedNanos,
                Math.max(0, totalNanos - computedNanos));
    }

    @Override
    public void close() {
        if (computeBuffer != null) {
            computeBuffer.close();
            computeBuffer = null;
        }
        cache.close();
    }
}
