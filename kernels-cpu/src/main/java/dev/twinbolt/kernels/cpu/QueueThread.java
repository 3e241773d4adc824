package dev.twinbolt.kernels.cpu;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thread that works for several queues. After every step, an op at most, it goes to the queue
/// that has had the least of its time among those that have work, so that a user with a long graph
/// delays another by one op, and each gets its share.
final class QueueThread implements AutoCloseable {
    private final List<CommandQueue> busy = new ArrayList<>();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("cpu-queue").unstarted(this::run);

    /// The time that the queue served last had had by then. Who comes with less comes back from
    /// having had nothing to do, and is owed nothing for that.
    private long servedNanos;

    private boolean isClosed;

    QueueThread() {
        thread.start();
    }

    /// False, and nothing is queued, where the thread or `queue` was closed.
    synchronized boolean add(CommandQueue queue, CommandQueue.Command command) {
        if (isClosed || queue.isClosed) {
            return false;
        }
        queue.commands.add(command);
        if (queue.commands.size() == 1) {
            queue.usedNanos = Math.max(queue.usedNanos, servedNanos);
            busy.add(queue);
            notifyAll();
        }
        return true;
    }

    /// Queues `last`, after which `queue` takes no more; once.
    synchronized void end(CommandQueue queue, CommandQueue.Command last) {
        if (add(queue, last)) {
            queue.isClosed = true;
        }
    }

    private void run() {
        for (CommandQueue queue = next(); queue != null; queue = next()) {
            long start = System.nanoTime();
            boolean hasMore = head(queue).step();
            stepped(queue, hasMore, System.nanoTime() - start);
        }
    }

    /// Waits for work; null once the thread is closed and all is done.
    private synchronized @Nullable CommandQueue next() {
        while (busy.isEmpty()) {
            if (isClosed) {
                return null;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                // Nobody has a reason to: close() ends this thread.
            }
        }
        CommandQueue next = busy.getFirst();
        for (CommandQueue queue : busy) {
            if (queue.usedNanos < next.usedNanos) {
                next = queue;
            }
        }
        servedNanos = next.usedNanos;
        return next;
    }

    private synchronized CommandQueue.Command head(CommandQueue queue) {
        return queue.commands.element();
    }

    private synchronized void stepped(CommandQueue queue, boolean hasMore, long nanos) {
        queue.usedNanos += nanos;
        if (!hasMore) {
            queue.commands.remove();
            if (queue.commands.isEmpty()) {
                busy.remove(queue);
            }
        }
    }

    /// Returns when all that was queued is done.
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
