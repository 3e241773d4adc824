package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.draft.DraftedSession;
import dev.twinbolt.engine.draft.Drafter;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.MetadataValue;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A pipeline without stages, whose logits are the tokens fed.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SessionTest {
    private static final int[] TOKENS = new int[12];
    private static final int MICRO_BATCH = 4;
    private static final int VOCABULARY = 1;

    @TempDir Path folder;
    private final CompletableFuture<Void> loss = new CompletableFuture<>();
    private GgufFile file;
    private Pipeline pipeline;

    @BeforeEach
    void openPipeline() throws Exception {
        TinyLlama llama = new TinyLlama(1);
        llama.metadata.put("llama.vocab_size", MetadataValue.of(VOCABULARY));
        llama.tensors.put("token_embd.weight", List.of(64L, (long) VOCABULARY));
        file = GgufFile.openHeader(llama.write(folder));
        Capacity capacity = new Capacity(64, MICRO_BATCH, 1);
        Scheduler scheduler = new Scheduler(List.of(), loss, ReplyLimit.NONE, capacity, VOCABULARY);
        pipeline =
                new Pipeline(
                        file,
                        Model.of(file),
                        capacity,
                        LoadProgress.SILENT,
                        Recovery.NONE,
                        new LoadedStages(List.of(), scheduler));
    }

    @AfterEach
    void closePipeline() {
        pipeline.close();
        file.close();
    }

    @Test
    void failsAfterThePipelineWasClosed() {
        try (Session session = pipeline.openSession()) {
            pipeline.close();
            assertThrows(IllegalStateException.class, () -> session.decode(0));
        }
    }

    @Test
    void failsAfterItWasClosed() {
        Session session = pipeline.openSession();
        session.close();
        assertThrows(IllegalStateException.class, () -> session.decode(0));
    }

    @Test
    void givesItsPlaceBackOnce() {
        Session first = pipeline.openSession();
        first.close();
        try (Session _ = pipeline.openSession()) {
            first.close();
            assertThrows(IllegalStateException.class, pipeline::openSession);
        }
    }

    @Test
    void isCutToAPartOfWhatItHolds() throws InterruptedException {
        try (Session session = pipeline.openSession()) {
            session.prefill(TOKENS);
            for (int length : new int[] {-1, TOKENS.length + 1}) {
                assertThrows(IllegalArgumentException.class, () -> session.truncate(length));
            }
            session.truncate(TOKENS.length);
            assertEquals(TOKENS.length, session.position());
            session.truncate(0);
            assertEquals(0, session.position());
        }
    }

    @Test
    void takesTheTokensOfTheVocabularyAlone() throws InterruptedException {
        try (Session session = pipeline.openSession()) {
            for (int token : new int[] {-1, VOCABULARY}) {
                assertThrows(IllegalArgumentException.class, () -> session.decode(token));
            }
            assertEquals(0, session.position());
            session.prefill(new int[] {0, VOCABULARY - 1});
            assertEquals(2, session.position());
        }
    }

    @Test
    void aQuestionThatFailsIsItsFeedsFailureAlone() throws InterruptedException {
        try (Session session = pipeline.openSession()) {
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
        try (Session session = pipeline.openSession()) {
            DeviceException.Lost lost = new DeviceException.Lost("the node closed the connection");
            BooleanSupplier loses =
                    () -> {
                        loss.completeExceptionally(lost);
                        return false;
                    };
            int[] more = new int[MICRO_BATCH];
            session.prefill(more, loses);
            assertSame(lost, assertThrows(DeviceException.Lost.class, () -> session.prefill(more)));
            assertSame(lost, assertThrows(DeviceException.Lost.class, () -> session.prefill(more)));
        }
    }

    @Test
    void stopsBetweenTheMicroBatchesOfAPrompt() throws InterruptedException {
        AtomicInteger asked = new AtomicInteger();
        try (Session session = pipeline.openSession()) {
            assertNull(session.prefill(TOKENS, () -> asked.incrementAndGet() == 3));
            assertEquals(2 * MICRO_BATCH, session.position());
            assertEquals(3, asked.get());
            float[] logits = session.prefill(TOKENS, () -> false);
            assertNotNull(logits);
            assertArrayEquals(new float[VOCABULARY], logits);
            assertEquals(2 * MICRO_BATCH + TOKENS.length, session.position());
        }
    }

    /// However its pass ends, what was fed of a draft by then is no part of the text.
    @Test
    void aDraftWhosePassFailsOrIsCancelledLeavesNothing() throws InterruptedException {
        ArithmeticException failure = new ArithmeticException("the caller's");
        int most = 2 * MICRO_BATCH - 1;
        try (DraftedSession session = new DraftedSession(pipeline.openSession(), new Zeros())) {
            session.prefill(TOKENS, () -> false);
            AtomicInteger asked = new AtomicInteger();
            BooleanSupplier fails =
                    () -> {
                        if (asked.incrementAndGet() == 2) {
                            throw failure;
                        }
                        return false;
                    };
            assertSame(
                    failure,
                    assertThrows(ArithmeticException.class, () -> session.next(0, most, fails)));
            assertEquals(TOKENS.length, session.position());
            asked.set(0);
            assertNull(session.next(0, most, () -> asked.incrementAndGet() == 2));
            assertEquals(TOKENS.length, session.position());
            assertEquals(0, session.draftedTokens());
            assertNotNull(session.next(0, most, () -> false));
            assertEquals(TOKENS.length + 1, session.position());
            assertEquals(most, session.draftedTokens());
        }
    }

    private static final class Zeros implements Drafter {
        @Override
        public int[] draft(int[] text, int length, int most, BooleanSupplier isCancelled) {
            return new int[most];
        }

        @Override
        public void close() {}
    }
}
