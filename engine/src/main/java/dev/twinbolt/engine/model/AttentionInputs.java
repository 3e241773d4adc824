package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Tensor;

/// What attention needs beside the activations of s slots with n tokens each, slot by slot, the
/// same for every layer of a pass.
///
/// @param positions I32 \[n · s\]
/// @param kvRows I64 \[n · s\]: the cache row that each token's K and V are written to
/// @param mask F16 \[cells, n, 1, s\]: 0 where a token sees a cell of its slot, −∞ where it does
///   not
/// @param window the slots, and the cells that are looked at
public record AttentionInputs(Tensor positions, Tensor kvRows, Tensor mask, KvWindow window) {}
