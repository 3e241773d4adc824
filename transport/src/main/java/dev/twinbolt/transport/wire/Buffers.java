package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.Memory;

/// The buffers that a peer was given, by the handles that it names them with.
@FunctionalInterface
public interface Buffers {
    /// A buffer and the synthetic address of its first byte.
    record Placed(Memory memory, long base) {}

    /// The buffer of `handle`; throws [WireException] where it is none of this peer's.
    Placed find(long handle);
}
