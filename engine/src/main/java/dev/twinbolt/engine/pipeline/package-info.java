/// A model cut by layers over devices, and the conversations on it.
///
/// Start reading at `Pipeline`.
@NullMarked
package dev.twinbolt.engine.pipeline;

import org.jspecify.annotations.NullMarked;
