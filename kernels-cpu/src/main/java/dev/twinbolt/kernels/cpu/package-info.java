/// The CPU device and its kernels, one class per op: the plain reference that every other device is
/// held against.
///
/// Start reading at `CpuDevice`; `Kernels` says which class computes which op.
@NullMarked
package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.NullMarked;
