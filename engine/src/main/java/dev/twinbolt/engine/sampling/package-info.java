/// From logits to the next token.
///
/// Start reading at `Sampler`.
@NullMarked
package dev.twinbolt.engine.sampling;

import org.jspecify.annotations.NullMarked;
