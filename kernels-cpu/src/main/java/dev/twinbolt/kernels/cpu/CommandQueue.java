package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// One thread that takes commands in order. A command that fails fails its future and the queue
/// goes on; where it has no future, the next command that has one tells it instead of running.
final class CommandQueue implements AutoCloseable {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("cpu-queue").factory());
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    /// Touched by the queue's thread alone.
    private @Nullable RuntimeException untold;

    /// Queues a command that nobody waits for.
    void post(String what, Runnable action) {
        execute(
                what,
                () -> {
                    try {
                        action.run();
                    } catch (Throwable thrown) {
                        if (untold == null) {
                            untold = failure(what, thrown);
                        }
                    }
                });
    }

    CompletableFuture<Void> submit(String what, Runnable action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(
                what,
                () -> {
                    RuntimeException failed = untold;
                    untold = null;
                    if (failed == null) {
                        try {
                            action.run();
                        } catch (Throwable thrown) {
                            failed = failure(what, thrown);
                        }
                    }
                    if (failed == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(failed);
                    }
                });
        return done;
    }

    /// Runs `action` after everything queued so far, even if the queue was closed meanwhile.
    void whenDone(Runnable action) {
        try {
            post("free", action);
        } catch (DeviceException e) {
            closed.thenRun(action);
        }
    }

    private void execute(String what, Runnable command) {
        try {
            thread.execute(command);
        } catch (RejectedExecutionException e) {
            throw new DeviceException("CPU: %s after the device was closed".formatted(what), e);
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
        thread.close();
        closed.complete(null);
    }
}
