/// The public API: load a model over devices, open conversations, stream text.
///
/// Start reading at `Engine`.
@NullMarked
package dev.twinbolt.engine;

import org.jspecify.annotations.NullMarked;
