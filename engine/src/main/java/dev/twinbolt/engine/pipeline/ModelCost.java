package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.TensorInfo;
import java.util.List;

/// What a stage of a model takes on a device, in bytes.
///
/// @param kvBytesPerLayer K and V of one layer at the planned context length
/// @param headComputeBytes intermediate tensors of the largest pass of a stage with the head;
///   `layerComputeBytes` of one without
public record ModelCost(
        Model model, long kvBytesPerLayer, long layerComputeBytes, long headComputeBytes) {

    /// Costs at `contextLength` tokens and passes of up to `microBatch` tokens.
    public static ModelCost of(Model model, int contextLength, int microBatch) {
        // Layers reuse each other's memory, so one layer tells for all.
        StageRange layer = new StageRange(true, 0, 1, false);
        StageRange last = new StageRange(true, 0, 1, true);
        return new ModelCost(
                model,
                KvCache.bytesPerLayer(model.architecture(), contextLength),
                StageGraph.computeBytes(model, layer, contextLength, microBatch),
                StageGraph.computeBytes(model, last, contextLength, microBatch));
    }

    public int layerCount() {
        return model.architecture().layerCount();
    }

    /// Bytes of the weights of `range`.
    public long weightBytes(StageRange range) {
        List<TensorInfo> tensors =
                model.tensors(
                        range.embeds(), range.firstLayer(), range.endLayer(), range.hasHead());
        return tensors.stream().mapToLong(TensorInfo::sizeBytes).sum();
    }

    public long kvBytes(StageRange range) {
        return kvBytesPerLayer * range.layerCount();
    }

    public long computeBytes(StageRange range) {
        return range.hasHead() ? headComputeBytes : layerComputeBytes;
    }

    /// Everything that `range` takes.
    public long totalBytes(StageRange range) {
        return weightBytes(range) + kvBytes(range) + computeBytes(range);
    }
}
