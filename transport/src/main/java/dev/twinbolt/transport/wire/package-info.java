/// The bytes of ggml RPC 5.x: requests, replies, tensors and graphs, and the numbers of ops.
///
/// Start reading at `Request`, then `TensorRecord` and `GraphReader`.
@NullMarked
package dev.twinbolt.transport.wire;

import org.jspecify.annotations.NullMarked;
