// In place of the compiler's, which is for aarch64 only: armv8.h has what kernels use.
