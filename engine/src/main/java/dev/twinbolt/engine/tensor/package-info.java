/// Symbolic tensors in ggml's vocabulary: shapes, ops, graphs, and the rules that every graph
/// keeps.
///
/// Start reading at `Tensor`, then `Op`, then `GraphBuilder`.
@NullMarked
package dev.twinbolt.engine.tensor;

import org.jspecify.annotations.NullMarked;
