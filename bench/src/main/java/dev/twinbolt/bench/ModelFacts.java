package dev.twinbolt.bench;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.TensorInfo;
import java.util.List;

/// A model in one line, as llama-bench describes it.
///
/// @param type such as `llama 1B Q4_0`
/// @param sizeBytes of all weights
record ModelFacts(String type, long sizeBytes, long parameterCount) {
    static ModelFacts of(Model model) {
        int layers = model.architecture().layerCount();
        List<TensorInfo> tensors = model.tensors(true, 0, layers, true);
        String name = model.metadata().string("general.architecture");
        return new ModelFacts(
                "%s %s %s"
                        .formatted(
                                name,
                                size(layers, model.architecture().vocabSize()),
                                FileType.name(model, tensors)),
                tensors.stream().mapToLong(TensorInfo::sizeBytes).sum(),
                tensors.stream().mapToLong(ModelFacts::elementCount).sum());
    }

    private static long elementCount(TensorInfo tensor) {
        return tensor.ne().stream().reduce(1L, Math::multiplyExact);
    }

    /// llama.cpp tells llama models apart by their layers (`src/models/llama.cpp`); `?B` is its
    /// word for one that it does not know.
    private static String size(int layers, int vocabSize) {
        return switch (layers) {
            case 16, 22 -> "1B";
            case 26, 28 -> "3B";
            case 32 -> vocabSize == 49_152 ? "3B" : vocabSize < 40_000 ? "7B" : "8B";
            case 36 -> "8B";
            case 40 -> "13B";
            case 48 -> "34B";
            case 60 -> "30B";
            case 80 -> "70B";
            default -> "?B";
        };
    }
}
