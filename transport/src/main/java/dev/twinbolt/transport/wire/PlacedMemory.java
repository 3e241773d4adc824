package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.Memory;

/// Memory of a peer, as the peer names it.
public interface PlacedMemory extends Memory {
    /// The peer's name of the buffer.
    long handle();

    /// The address of the first byte, in the peer's own terms.
    long base();
}
