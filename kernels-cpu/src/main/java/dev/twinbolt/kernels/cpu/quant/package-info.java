/// Block formats: how the rows of every tensor type become floats, and back where a cache is
/// written.
///
/// Start reading at `RowCodec`.
@NullMarked
package dev.twinbolt.kernels.cpu.quant;

import org.jspecify.annotations.NullMarked;
