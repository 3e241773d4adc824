package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// A pipeline without stages, whose logits are the tokens fed.
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
