package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.Tensor;

/// What attention needs beside the activations of n tokens, the same for every layer of a pass.
///
/// @param positions I32 \[n\]
/// @param kvRows I64 \[n\]: the cache row that each token's K and V are written to
/// @param mask F16 \[cells, n\]: 0 where a token sees a cell, −∞ where it does not
/// @param cells how many leading rows of the cache are looked at
public record AttentionInputs(Tensor positions, Tensor kvRows, Tensor mask, long cells) {}
