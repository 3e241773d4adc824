/// The node: lends devices to ggml RPC clients, and outlives whatever they send.
///
/// Start reading at `RpcServer`, then `Connection` (the stream) and `Services` (the commands).
@NullMarked
package dev.twinbolt.transport.server;

import org.jspecify.annotations.NullMarked;
