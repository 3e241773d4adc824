/// The CPU device and its kernels, one class per op: the plain reference that every other device is
/// held against.
///
/// Start reading at `CpuDevice`; `Kernels` says which class computes which op.
///
/// The fast kernels are in C, in `src/main/c`. To add one, write `TB_KERNEL(op)` in a file there,
/// run `src/main/c/build`, and add it to `NativeKernels`. Its arguments are the fields of
/// `NativeArguments`: pointers are addresses, sizes and strides are bytes. `CpuVariant` says which
/// variants there are.
@NullMarked
package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.NullMarked;
