/// The Metal device. It has no kernels yet and offers no device.
///
/// Start reading at `MetalProvider`.
@NullMarked
package dev.twinbolt.kernels.metal;

import org.jspecify.annotations.NullMarked;
