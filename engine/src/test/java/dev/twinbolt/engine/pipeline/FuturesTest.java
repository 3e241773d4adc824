package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FuturesTest {
    @Test
    void theLossOfAnotherDeviceEndsAWaitAndCancelsTheWork() {
        CompletableFuture<Void> work = new CompletableFuture<>();
        CompletableFuture<Void> loss = new CompletableFuture<>();
        DeviceException.Lost lost = new DeviceException.Lost("the node closed the connection");
        Thread.ofVirtual().start(() -> loss.completeExceptionally(lost));
        DeviceException.Lost thrown =
                assertThrows(DeviceException.Lost.class, () -> Futures.await(work, loss));
        assertSame(lost, thrown);
        assertTrue(work.isCancelled());
    }

    @Test
    void aWaitEndsWithTheWorkAndItsOwnFailure() throws Exception {
        CompletableFuture<Void> loss = new CompletableFuture<>();
        Futures.await(CompletableFuture.completedFuture(null), loss);
        DeviceException failure = new DeviceException("no");
        assertSame(
                failure,
                assertThrows(
                        DeviceException.class,
                        () -> Futures.await(CompletableFuture.failedFuture(failure), loss)));
    }
}
