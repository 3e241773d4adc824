package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The weights of a stage by GGUF name, seen from under a prefix: a layer asks for `attn_q.weight`.
public final class Weights {
    private final Map<String, Tensor> tensors;
    private final String prefix;

    public Weights(Map<String, Tensor> tensors) {
        this(tensors, "");
    }

    private Weights(Map<String, Tensor> tensors, String prefix) {
        this.tensors = tensors;
        this.prefix = prefix;
    }

    /// The view of layer `layer`.
    public Weights layer(int layer) {
        return new Weights(tensors, prefix + "blk." + layer + ".");
    }

    public Tensor get(String name) {
        Tensor tensor = find(name);
        if (tensor == null) {
            throw new ModelException("the stage has no weight " + prefix + name);
        }
        return tensor;
    }

    public @Nullable Tensor find(String name) {
        return tensors.get(prefix + name);
    }
}
