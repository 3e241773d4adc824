/// The CPU device and its kernels, one class per op: the plain reference that every other device is
/// held against.
///
/// Start reading at `CpuDevice`; `Kernels` says which class computes which op.
///
/// The fast kernels are in C, in `src/main/c`. To add one, write `TB_EXPORT void TB(op)(...)` in a
/// file there, run `src/main/c/build`, and bind it with `NativeLibrary.load().handle(variant, "op",
/// descriptor, critical)`, once per device. Pointers are addresses, sizes and strides are bytes,
/// all as `JAVA_LONG`. `CpuVariant` says which variants there are.
@NullMarked
package dev.twinbolt.kernels.cpu;

import org.jspecify.annotations.NullMarked;
