package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One user's commands, taken in order. A command that fails fails its future and the queue goes
/// on; where it has no future, the next command that has one tells it instead of running.
final class CommandQueue implements AutoCloseable {
    /// What can be done in several steps, between which other queues have their turn.
    @FunctionalInterface
    interface Command {
        /// Does the next step; whether there are more.
        boolean step();
    }

    private final QueueThread thread;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Guarded by the thread's monitor. A command stays until its last step is done.
    final Queue<Command> commands = new ArrayDeque<>();
    long usedNanos;
    boolean isClosed;

    /// Touched by the queue's thread alone.
    private @Nullable RuntimeException untold;

    CommandQueue(QueueThread thread) {
        this.thread = thread;
    }

    /// Queues a command that nobody waits for.
    void post(String what, Runnable action) {
        add(what, posted(what, action));
    }

    private Command posted(String what, Runnable action) {
        return () -> {
            try {
                action.run();
            } catch (Throwable thrown) {
                if (untold == null) {
                    untold = failure(what, thrown);
                }
            }
            return false;
        };
    }

    CompletableFuture<Void> submit(String what, Runnable action) {
        return submitSteps(
                what,
                _ ->
                        () -> {
                            action.run();
                            return false;
                        });
    }

    /// Queues a command whose future may be cancelled, which leaves out the steps still to come;
    /// `command` is given whether it was.
    CompletableFuture<Void> submitSteps(String what, Function<BooleanSupplier, Command> command) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Command steps = command.apply(done::isCancelled);
        add(what, () -> step(what, steps, done));
        return done;
    }

    private boolean step(String what, Command command, CompletableFuture<Void> done) {
        if (done.isCancelled()) {
            return false;
        }
        RuntimeException failed = untold;
        untold = null;
        boolean hasMore = false;
        if (failed == null) {
            try {
                hasMore = command.step();
            } catch (Throwable thrown) {
                failed = failure(what, thrown);
            }
        }
        if (failed != null) {
            done.completeExceptionally(failed);
        } else if (!hasMore) {
            done.complete(null);
        }
        return hasMore;
    }

    /// Runs `action` after everything queued so far, even if the queue was closed meanwhile.
    void whenDone(Runnable action) {
        if (!thread.add(this, posted("free", action))) {
            drained.thenRun(action);
        }
    }

    private void add(String what, Command command) {
        if (!thread.add(this, command)) {
            throw new DeviceException("CPU: %s after the device was closed".formatted(what));
        }
    }

    /// What a caller is told of `thrown`; `what` is the command or the op and its tensor.
    static RuntimeException failure(String what, Throwable thrown) {
        return switch (thrown) {
            case DeviceException e -> e;
            case InvalidGraphException e -> e;
            // So the JVM reports a page of a mapping that has no file behind it any more.
            case InternalError e ->
                    new DeviceException(
                            "CPU: %s used a file that was cut meanwhile; restore it and start again"
                                    .formatted(what),
                            e);
            case OutOfMemoryError e ->
                    new DeviceException.OutOfMemory(
                            "CPU: %s needs more heap than this process may use (%s); give it more with -Xmx"
                                    .formatted(what, e.getMessage()));
            default -> new DeviceException("CPU: %s: %s".formatted(what, thrown), thrown);
        };
    }

    /// Returns when all that was queued is done.
    @Override
    public void close() {
        thread.end(this, posted("close", () -> drained.complete(null)));
        drained.join();
    }
}
