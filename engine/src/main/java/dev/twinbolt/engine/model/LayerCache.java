package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Tensor;

/// The KV cache of one layer: `k` and `v` are \[K or V elements of a token, cells\].
public record LayerCache(Tensor k, Tensor v) {}
