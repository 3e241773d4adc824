/// Devices of other machines, over ggml RPC 5.x.
///
/// Start reading at `RemoteDevice`, then `ServerConnection`.
@NullMarked
package dev.twinbolt.transport.client;

import org.jspecify.annotations.NullMarked;
