package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A model as its file describes it: the architecture and where each part's weights are, checked
/// against each other. Holds no weights.
public final class Model {
    private final Metadata metadata;
    private final Architecture architecture;
    private final List<TensorInfo> embedding;
    private final List<TensorInfo> shared;
    private final List<List<TensorInfo>> layers;
    private final List<TensorInfo> head;

    private Model(GgufFile file) {
        this.metadata = file.metadata();
        this.architecture = Architecture.of(metadata);
        Map<String, TensorInfo> known = new LinkedHashMap<>();
        this.embedding = resolve(file, architecture.embeddingWeights(), known);
        this.shared = resolve(file, architecture.sharedWeights(), known);
        List<List<TensorInfo>> perLayer = new ArrayList<>();
        for (int i = 0; i < architecture.layerCount(); i++) {
            perLayer.add(resolve(file, architecture.layerWeights(i), known));
        }
        this.layers = List.copyOf(perLayer);
        boolean isTied = file.find("output.weight").isEmpty();
        this.head = resolve(file, architecture.headWeights(isTied), known);
        checkNoneIgnored(file, known.keySet());
    }

    /// Reads and checks the model in `file`. Throws [ModelException] where it is not one that can
    /// be run.
    public static Model of(GgufFile file) {
        return new Model(file);
    }

    public Metadata metadata() {
        return metadata;
    }

    public Architecture architecture() {
        return architecture;
    }

    /// The name for people, from `general.name`; the architecture's where there is none.
    public String name() {
        return metadata.string("general.name", metadata.string("general.architecture"));
    }

    /// The weights of the parts that a stage is made of, each once.
    public List<TensorInfo> tensors(boolean embeds, int firstLayer, int endLayer, boolean hasHead) {
        Map<String, TensorInfo> all = new LinkedHashMap<>();
        if (embeds) {
            embedding.forEach(t -> all.put(t.name(), t));
        }
        if (firstLayer < endLayer) {
            shared.forEach(t -> all.put(t.name(), t));
        }
        for (int i = firstLayer; i < endLayer; i++) {
            layers.get(i).forEach(t -> all.put(t.name(), t));
        }
        if (hasHead) {
            head.forEach(t -> all.put(t.name(), t));
        }
        return List.copyOf(all.values());
    }

    /// Shape of `info` in four dimensions.
    public static Shape shapeOf(TensorInfo info) {
        List<Long> ne = info.ne();
        return Shape.of(ne.get(0), at(ne, 1), at(ne, 2), at(ne, 3));
    }

    private static long at(List<Long> ne, int i) {
        return i < ne.size() ? ne.get(i) : 1;
    }

    private static List<TensorInfo> resolve(
            GgufFile file, List<WeightSpec> specs, Map<String, TensorInfo> known) {
        List<TensorInfo> found = new ArrayList<>();
        for (WeightSpec spec : specs) {
            TensorInfo info = file.find(spec.name()).orElse(null);
            if (info == null) {
                if (!spec.isOptional()) {
                    throw new ModelException(
                            "%s has no tensor %s, which the architecture needs"
                                    .formatted(file.path().getFileName(), spec.name()));
                }
                continue;
            }
            check(spec, info);
            known.put(info.name(), info);
            found.add(info);
        }
        return List.copyOf(found);
    }

    private static void check(WeightSpec spec, TensorInfo info) {
        Shape actual = shapeOf(info);
        if (!actual.equals(spec.shape())) {
            throw new ModelException(
                    "%s has shape %s, the metadata asks for %s"
                            .formatted(spec.name(), actual, spec.shape()));
        }
        TensorType type = info.type();
        boolean isVector = spec.shape().ne1() == 1;
        boolean usable =
                isVector
                        ? type == TensorType.F32
                        : type.isQuantized()
                                || type == TensorType.F32
                                || type == TensorType.F16
                                || type == TensorType.BF16;
        if (!usable || type == TensorType.Q8_1 || type == TensorType.Q8_K) {
            throw new ModelException(
                    "%s is %s, which cannot be a weight there".formatted(spec.name(), type));
        }
    }

    /// A weight that no graph reads means a model variant that would be computed wrongly.
    private static void checkNoneIgnored(GgufFile file, Set<String> known) {
        for (TensorInfo info : file.tensors()) {
            if (!known.contains(info.name())) {
                throw new ModelException(
                        "%s has a tensor %s that this version does not know how to use"
                                .formatted(file.path().getFileName(), info.name()));
            }
        }
    }
}
