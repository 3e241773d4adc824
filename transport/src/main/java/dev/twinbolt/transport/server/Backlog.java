package dev.twinbolt.transport.server;

import dev.twinbolt.transport.wire.WireException;
import java.util.concurrent.atomic.AtomicLong;

/// The memory that unfinished messages and known graphs take, of all clients of a node together:
/// one client's is bounded by itself, their sum by this. Counted in bytes as they came.
final class Backlog {
    /// Four of the largest graphs, each of which is far beyond what a model needs.
    static final long LIMIT_BYTES = 128 << 20;

    private final AtomicLong bytes = new AtomicLong();

    /// Counts `change` bytes more, or fewer where it is negative. Throws [WireException] where they
    /// are too many; they are counted all the same.
    void add(long change) {
        long all = bytes.addAndGet(change);
        if (change > 0 && all > LIMIT_BYTES) {
            throw new WireException(
                    "the unfinished messages and the graphs of all clients take %d bytes, expected at most %d; try again later"
                            .formatted(all, LIMIT_BYTES));
        }
    }

    long bytes() {
        return bytes.get();
    }
}
