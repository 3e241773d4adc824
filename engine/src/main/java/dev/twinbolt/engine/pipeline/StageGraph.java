package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.Architecture;
import dev.twinbolt.engine.model.AttentionInputs;
import dev.twinbolt.engine.model.KvWindow;
import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.Weights;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Memory;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The graph of one stage for one shape of pass: how many tokens go in, how many cells attention
/// looks at, and how many rows of logits come out. Only the data of its inputs changes between
/// passes.
///
/// @param input I32 tokens \[n\] where the stage embeds, else F32 activations \[dim, n\]
/// @param attention null where the stage has no layers
/// @param outputRows I32: the tokens whose logits are wanted; null where the stage has no head
/// @param output F32 logits \[vocabulary, rows\], or activations \[dim, n\]
record StageGraph(
        Graph graph,
        Tensor input,
        @Nullable AttentionInputs attention,
        @Nullable Tensor outputRows,
        Tensor output) {

    /// The shape of a pass.
    ///
    /// @param tokens of all slots
    /// @param window null for a stage without layers
    /// @param outputs rows of logits; 0 for a stage without a head
    record Bucket(int tokens, @Nullable KvWindow window, int outputs) {}

    static StageGraph build(
            Architecture architecture,
            StageRange range,
            Bucket bucket,
            Weights weights,
            IntFunction<LayerCache> caches) {
        GraphBuilder g = new GraphBuilder();
        int n = bucket.tokens();
        Tensor input =
                range.embeds()
                        ? g.input("inp_tokens", TensorType.I32, Shape.of(n))
                        : g.input("inp_embd", TensorType.F32, Shape.of(architecture.dim(), n));
        Tensor x = range.embeds() ? architecture.embed(g, weights, input) : input;
        AttentionInputs attention = null;
        KvWindow window = bucket.window();
        if (window != null) {
            int slots = window.slots();
            Shape mask = Shape.of(window.cells(), n / slots, 1, slots);
            attention =
                    new AttentionInputs(
                            g.input("inp_pos", TensorType.I32, Shape.of(n)),
                            g.input("inp_kv_rows", TensorType.I64, Shape.of(n)),
                            g.input("inp_mask", TensorType.F16, mask),
                            window);
            for (int i = range.firstLayer(); i < range.endLayer(); i++) {
                LayerCache cache = caches.apply(i - range.firstLayer());
                x = architecture.layer(g, weights, i, x, attention, cache);
            }
        }
        Tensor outputRows = null;
        if (range.hasHead()) {
            outputRows = g.input("inp_out_ids", TensorType.I32, Shape.of(bucket.outputs()));
            x = architecture.head(g, weights, g.getRows("out_embd", x, outputRows));
        }
        return new StageGraph(g.build(), input, attention, outputRows, x);
    }

    /// The inputs in the order in which they lie in memory; the mask, of which little changes, is
    /// the last.
    List<Tensor> inputs() {
        List<Tensor> inputs = new ArrayList<>(List.of(input));
        if (attention != null) {
            inputs.add(attention.positions());
            inputs.add(attention.kvRows());
        }
        if (outputRows != null) {
            inputs.add(outputRows);
        }
        if (attention != null) {
            inputs.add(attention.mask());
        }
        return inputs;
    }

    /// Where the tensors that are not bound yet go in a buffer of `device`.
    GraphAllocator allocate(Device device) {
        return GraphAllocator.plan(
                graph, Set.of(output), device.alignmentBytes(), device::allocationBytes);
    }

    /// The bytes that the largest pass of `range` needs for intermediate tensors, on a device that
    /// takes no more than their spans.
    static long computeBytes(Model model, StageRange range, Capacity capacity) {
        Memory nowhere = () -> Long.MAX_VALUE;
        Architecture architecture = model.architecture();
        Map<String, Tensor> weights = new HashMap<>();
        List<TensorInfo> infos =
                model.tensors(
                        range.embeds(), range.firstLayer(), range.endLayer(), range.hasHead());
        for (TensorInfo info : infos) {
            Tensor weight = Tensor.leaf(info.name(), info.type(), Model.shapeOf(info));
            weight.bind(nowhere, 0);
            weights.put(info.name(), weight);
        }
        int tokens = Math.min(capacity.microBatch(), capacity.contextLength());
        int slotCells = KvCache.slotCells(capacity);
        Bucket largest =
                new Bucket(
                        Math.max(tokens, capacity.conversations()),
                        range.layerCount() == 0 ? null : new KvWindow(0, 1, slotCells, slotCells),
                        capacity.conversations());
        StageGraph stage =
                build(
                        architecture,
                        range,
                        largest,
                        new Weights(weights),
                        i -> bound(KvCache.layer(architecture, i, capacity), nowhere));
        return GraphAllocator.plan(stage.graph(), Set.of(stage.output()), 64, Tensor::spanBytes)
                .sizeBytes();
    }

    private static LayerCache bound(LayerCache cache, Memory memory) {
        cache.k().bind(memory, 0);
        cache.v().bind(memory, 0);
        return cache;
    }
}
