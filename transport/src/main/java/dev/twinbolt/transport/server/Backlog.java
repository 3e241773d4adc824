package dev.twinbolt.transport.server;

import dev.twinbolt.transport.wire.WireException;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// The memory that unfinished messages and known graphs take, of all clients of a node together:
/// one client's is bounded by itself, their sum by this. Where it is too much, the client that has
/// most goes, so that nobody loses his place to those who fill it. Counted in bytes as they came.
final class Backlog {
    /// Four of the largest graphs, each of which is far beyond what a model needs.
    static final long LIMIT_BYTES = 128 << 20;

    private final AtomicLong bytes = new AtomicLong();
    private final Set<Share> shares = ConcurrentHashMap.newKeySet();

    /// One client's part, until [#close()].
    final class Share implements AutoCloseable {
        private final AtomicLong mine = new AtomicLong();
        private final Consumer<WireException> end;
        private boolean isClosed;

        private Share(Consumer<WireException> end) {
            this.end = end;
        }

        /// Counts `change` bytes more, or fewer where it is negative. Throws [WireException] where
        /// all are too many and this client has most of them; they are counted all the same.
        void add(long change) {
            long all = count(change);
            if (change > 0 && all > LIMIT_BYTES) {
                makeRoom(this, all);
            }
        }

        private synchronized long count(long change) {
            if (isClosed) {
                return 0; // it has been given back
            }
            mine.addAndGet(change);
            return bytes.addAndGet(change);
        }

        /// Gives back all that it counted.
        @Override
        public synchronized void close() {
            isClosed = true;
            shares.remove(this);
            bytes.addAndGet(-mine.getAndSet(0));
        }
    }

    /// `end` is called from any thread, perhaps several times, where the client has to go.
    Share open(Consumer<WireException> end) {
        Share share = new Share(end);
        shares.add(share);
        return share;
    }

    private void makeRoom(Share asking, long all) {
        Share largest =
                shares.stream()
                        .max(Comparator.comparingLong(share -> share.mine.get()))
                        .orElse(asking);
        WireException reason =
                new WireException(
                        "the unfinished messages and the graphs of all clients take %d bytes, expected at most %d, and this one's are most of them; try again later"
                                .formatted(all, LIMIT_BYTES));
        if (largest == asking) {
            throw reason;
        }
        largest.end.accept(reason);
    }

    long bytes() {
        return bytes.get();
    }
}
