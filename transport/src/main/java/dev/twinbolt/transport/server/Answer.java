package dev.twinbolt.transport.server;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.transport.wire.Reply;
import java.util.concurrent.CompletableFuture;

/// What a request leads to.
sealed interface Answer {
    /// Nothing is sent, the next request may be taken.
    record Silence() implements Answer {}

    /// Sent at once.
    record Now(Reply reply) implements Answer {}

    /// Whatever it leads to, once the device has come so far; the next request waits.
    record Later(CompletableFuture<? extends Answer> answer) implements Answer {}

    /// Bytes of a buffer, streamed; the next request waits until they are sent.
    record Bytes(Device device, DeviceBuffer buffer, long offset, long sizeBytes)
            implements Answer {}
}
