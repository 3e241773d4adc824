/// The CPU device: plain-Java reference kernels of every op.
///
/// Start reading at `CpuDevice`.
@NullMarked
package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.NullMarked;
