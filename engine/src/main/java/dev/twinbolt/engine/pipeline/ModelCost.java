package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.TensorInfo;
import java.util.List;

/// What a stage of a model takes on a device, in bytes.
///
/// @param kvBytesPerLayer K and V of one layer for all conversations
/// @param capacity how long and how many they are
public record ModelCost(Model model, long kvBytesPerLayer, Capacity capacity) {
    public static ModelCost of(Model model, Capacity capacity) {
        long kvBytes = KvCache.bytesPerLayer(model.architecture(), capacity);
        return new ModelCost(model, kvBytes, capacity);
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

    /// Intermediate tensors of the largest pass. Layers reuse each other's memory, so one layer
    /// tells for all.
    public long computeBytes(StageRange range) {
        int end = Math.min(range.endLayer(), range.firstLayer() + 1);
        StageRange part = new StageRange(range.embeds(), range.firstLayer(), end, range.hasHead());
        return StageGraph.computeBytes(model, part, capacity);
    }

    /// Everything that `range` takes.
    public long totalBytes(StageRange range) {
        return weightBytes(range) + kvBytes(range) + computeBytes(range);
    }
}
