package dev.twinbolt.engine.pipeline;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Waiting for a device with its own exception thrown here.
final class Futures {
    private Futures() {}

    /// Waits for `future`, but no longer than until `loss` fails, whose exception is thrown then.
    /// What is not waited for any more is cancelled.
    static void await(CompletableFuture<Void> future, CompletableFuture<?> loss)
            throws InterruptedException {
        try {
            CompletableFuture.anyOf(future, loss).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            future.cancel(false);
        }
    }
}
