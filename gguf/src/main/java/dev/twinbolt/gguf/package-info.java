/// Reading (mapped, zero-copy) and writing GGUF model files, versions 2 and 3.
///
/// Start reading at `GgufFile`.
@NullMarked
package dev.twinbolt.gguf;

import org.jspecify.annotations.NullMarked;
