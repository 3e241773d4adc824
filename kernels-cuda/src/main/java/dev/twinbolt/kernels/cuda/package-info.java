/// The CUDA device. It has no kernels yet and offers no device.
///
/// Start reading at `CudaProvider`.
@NullMarked
package dev.twinbolt.kernels.cuda;

import org.jspecify.annotations.NullMarked;
