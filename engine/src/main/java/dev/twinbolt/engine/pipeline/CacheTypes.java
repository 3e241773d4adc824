package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.Architecture;
import dev.twinbolt.gguf.TensorType;
import java.util.List;

/// How the KV cache stores K and V. Q8_0 takes about half the memory of F16, and rounds more.
public record CacheTypes(TensorType k, TensorType v) {
    /// The formats that there are.
    public static final List<TensorType> ALL = List.of(TensorType.F16, TensorType.Q8_0);

    public static final CacheTypes DEFAULT = new CacheTypes(TensorType.F16, TensorType.F16);

    public CacheTypes {
        for (TensorType type : List.of(k, v)) {
            if (!ALL.contains(type)) {
                throw new IllegalArgumentException(
                        "K and V are not cached in %s; expected one of %s".formatted(type, ALL));
            }
        }
    }

    /// Throws [IllegalArgumentException] where a head of `architecture` is no whole number of
    /// blocks.
    void check(Architecture architecture) {
        check("K", k, architecture.headDimK());
        check("V", v, architecture.headDimV());
    }

    private static void check(String what, TensorType type, int headDim) {
        if (headDim % type.blockSize() != 0) {
            throw new IllegalArgumentException(
                    "%s cannot be cached in %s: heads of this model have %d elements, no multiple of %d; use F16"
                            .formatted(what, type, headDim, type.blockSize()));
        }
    }
}
