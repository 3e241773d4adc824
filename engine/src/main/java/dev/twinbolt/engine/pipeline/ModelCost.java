package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// What a stage of a model takes on a device, in bytes, and what a token uses of them.
///
/// @param kvBytesPerLayer K and V of one layer for all conversations
/// @param capacity how long and how many they are
public record ModelCost(Model model, long kvBytesPerLayer, Capacity capacity) {
    /// Throws [IllegalArgumentException] where the model's K and V cannot be stored as `capacity`
    /// says.
    public static ModelCost of(Model model, Capacity capacity) {
        capacity.cacheTypes().check(model.architecture());
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

    /// What a token uses of the weights of `range`: of the embedding one row, which does not count.
    ActiveWeights activeWeights(StageRange range) {
        List<TensorInfo> tensors =
                model.tensors(false, range.firstLayer(), range.endLayer(), range.hasHead());
        return ActiveWeights.of(tensors, expertShare());
    }

    private double expertShare() {
        Metadata metadata = model.metadata();
        String architecture = metadata.string("general.architecture");
        int all = metadata.int32(architecture + ".expert_count", 0);
        int used = metadata.int32(architecture + ".expert_used_count", all);
        return all == 0 ? 1 : (double) used / all;
    }

    /// K and V of one layer that a token reads, in a conversation that fills half of its context.
    double kvReadBytesPerLayer() {
        return kvBytesPerLayer / 2.0 / capacity.conversations();
    }

    /// Activations between two stages, of one token.
    double activationBytes() {
        return (double) model.architecture().dim() * Float.BYTES;
    }

    /// The format that most bytes of the layers have, by which speeds are measured.
    public TensorType mainType() {
        Map<TensorType, Long> bytes = new EnumMap<>(TensorType.class);
        model.tensors(false, 0, layerCount(), false)
                .forEach(tensor -> bytes.merge(tensor.type(), tensor.sizeBytes(), Long::sum));
        return Collections.max(bytes.entrySet(), Map.Entry.comparingByValue()).getKey();
    }
}
