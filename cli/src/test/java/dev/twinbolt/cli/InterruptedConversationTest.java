package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.SavedSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// Threads that are interrupted while they wait, with the demo model.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InterruptedConversationTest {
    private static final GenerateOptions FEW = GenerateOptions.defaults().withMaxTokens(2);

    @TempDir Path folder;

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    private static Engine load(int microBatch, Consumer<PassStats> onPass) {
        return Engine.builder()
                .model(SharedData.root().resolve("demo/twinbolt-demo.gguf"))
                .contextLength(256)
                .microBatch(microBatch)
                .conversations(2)
                .threads(1)
                .onPass(onPass)
                .load();
    }

    /// It is cancelled, and the thread stays interrupted.
    private static void assertInterrupts(Executable waits) {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, waits);
        assertTrue(Thread.interrupted(), "nobody further out would hear of it");
    }

    @Test
    void aGenerationIsGivenUp() {
        try (Engine engine = load(1, _ -> {});
                Conversation conversation = engine.openConversation()) {
            int[] prompt = new int[250];
            Arrays.fill(prompt, 400);
            assertInterrupts(() -> conversation.generate(prompt, FEW, _ -> {}));
            assertTrue(conversation.position() < prompt.length, "all of it was fed");
            int fed = conversation.position();
            GenerateOptions one = FEW.withMaxTokens(1);
            assertEquals(1, conversation.generate(new int[] {400}, one, _ -> {}).promptTokens());
            assertEquals(fed + 1, conversation.position());
        }
    }

    /// Wherever they are, be it at a file, by then.
    @Test
    void savingIsGivenUpAndTheModelStaysWhole() throws Exception {
        Path file = folder.resolve("saved");
        try (Engine engine = load(512, _ -> {});
                Conversation conversation = engine.openConversation()) {
            conversation.generate("Once", FEW, _ -> {});
            for (int i = 0; i < 20; i++) {
                assertInterrupts(() -> conversation.save(file));
            }
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(0, left.count());
            }
            conversation.generate(" upon", FEW, _ -> {});
            conversation.save(file);
            for (int i = 0; i < 20; i++) {
                try (SavedSession saved = SavedSession.open(file)) {
                    assertInterrupts(() -> engine.restoreConversation(saved));
                }
            }
        }
    }

    /// While the pipeline has something else to do.
    @Test
    void savingAndRestoringAreGivenUp() throws Exception {
        Path file = folder.resolve("saved");
        Path later = folder.resolve("later");
        CountDownLatch isBusy = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        Consumer<PassStats> busy =
                pass -> {
                    if (pass.position() == 0 && pass.tokens() == 7) {
                        isBusy.countDown();
                        try {
                            goesOn.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };
        try (Engine engine = load(512, busy)) {
            try (Conversation conversation = engine.openConversation()) {
                conversation.generate("Once", FEW, _ -> {});
                conversation.save(file);
            }
            try (Conversation conversation = engine.openConversation();
                    Conversation other = engine.openConversation()) {
                Thread feeding =
                        Thread.ofVirtual().start(() -> other.generate(new int[7], FEW, _ -> {}));
                assertTrue(isBusy.await(10, TimeUnit.SECONDS), "the premise");
                assertInterrupts(() -> conversation.save(later));
                conversation.close();
                try (SavedSession saved = SavedSession.open(file)) {
                    assertInterrupts(() -> engine.restoreConversation(saved));
                }
                goesOn.countDown();
                feeding.join();
            } finally {
                goesOn.countDown();
            }
            assertTrue(Files.notExists(later));
            try (SavedSession saved = SavedSession.open(file);
                    Conversation conversation = engine.restoreConversation(saved)) {
                assertEquals(saved.cells(), conversation.position());
            }
        }
    }
}
