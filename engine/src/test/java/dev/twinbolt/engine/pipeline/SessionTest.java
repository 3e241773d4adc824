package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.DeviceException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A pipeline without stages, whose logits are the tokens fed.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SessionTest {
    private static final int[] TOKENS = new int[12];
    private static final int MICRO_BATCH = 4;
    private static final int VOCABULARY = 4;

    private static Session open() {
        Capacity capacity = new Capacity(64, MICRO_BATCH, 1);
        Scheduler scheduler =
                new Scheduler(List.of(), new CompletableFuture<>(), capacity, VOCABULARY);
        return new Session(scheduler, 0, 64, VOCABULARY, _ -> scheduler.close());
    }

    @Test
    void failsAfterThePipelineWasClosed() {
        Session session = open();
        session.close(); // closes the pipeline too
        assertThrows(IllegalStateException.class, () -> session.decode(1));
        try (Scheduler scheduler =
                new Scheduler(
                        List.of(),
                        new CompletableFuture<>(),
                        new Capacity(64, MICRO_BATCH, 1),
                        VOCABULARY)) {
            Session open = new Session(scheduler, 0, 64, VOCABULARY, _ -> {});
            scheduler.close();
            assertThrows(IllegalStateException.class, () -> open.decode(1));
        }
    }

    @Test
    void aQuestionThatFailsIsItsFeedsFailureAlone() throws InterruptedException {
        try (Session session = open()) {
            ArithmeticException failure = new ArithmeticException("the caller's");
            assertSame(
                    failure,
                    assertThrows(
                            ArithmeticException.class,
                            () ->
                                    session.prefill(
                                            TOKENS,
                                            () -> {
                                                throw failure;
                                            })));
            assertEquals(VOCABULARY, session.prefill(TOKENS).length);
        }
    }

    @Test
    void aLostDeviceEndsWhatWaitsAndWhatComes() throws InterruptedException {
        CompletableFuture<Void> loss = new CompletableFuture<>();
        try (Scheduler scheduler =
                new Scheduler(List.of(), loss, new Capacity(64, MICRO_BATCH, 1), VOCABULARY)) {
            Session session = new Session(scheduler, 0, 64, VOCABULARY, _ -> {});
            DeviceException.Lost lost = new DeviceException.Lost("the node closed the connection");
            BooleanSupplier loses =
                    () -> {
                        loss.completeExceptionally(lost);
                        return false;
                    };
            int[] more = new int[MICRO_BATCH];
            session.prefill(more, loses);
            assertSame(lost, assertThrows(DeviceException.Lost.class, () -> session.prefill(more)));
        }
    }

    @Test
    void stopsBetweenTheMicroBatchesOfAPrompt() throws InterruptedException {
        AtomicInteger asked = new AtomicInteger();
        try (Session session = open()) {
            assertNull(session.prefill(TOKENS, () -> asked.incrementAndGet() == 3));
            assertEquals(2 * MICRO_BATCH, session.position());
            assertEquals(3, asked.get());
            float[] logits = session.prefill(TOKENS, () -> false);
            assertNotNull(logits);
            assertArrayEquals(new float[VOCABULARY], logits);
            assertEquals(2 * MICRO_BATCH + TOKENS.length, session.position());
        }
    }
}
