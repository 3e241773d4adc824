package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;

/// What a node takes off the stream: a request, or more of the data of the SET_TENSOR before it.
public sealed interface Frame permits Request, Frame.Data {
    /// A piece of a SET_TENSOR's data, valid until the stream is read on.
    record Data(ByteBuf bytes) implements Frame {}
}
