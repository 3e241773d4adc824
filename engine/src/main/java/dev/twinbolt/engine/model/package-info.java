/// Architectures, one file each: from GGUF metadata to the graph of a layer range.
///
/// Start reading at `Model`.
@NullMarked
package dev.twinbolt.engine.model;

import org.jspecify.annotations.NullMarked;
