package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.sampling.SamplerConfig;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Conversations with the demo model, in this process.
class ConversationTest {
    private static final String PROMPT = "Once upon a time";

    private static Engine engine;

    @BeforeAll
    static void load() {
        engine =
                Engine.builder()
                        .model(SharedData.root().resolve("demo/twinbolt-demo.gguf"))
                        .contextLength(256)
                        .threads(1)
                        .load();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Generation tell(
            Conversation conversation, String prompt, int tokens, long seed) {
        SamplerConfig sampler = SamplerConfig.DEFAULT.withSeed(seed);
        GenerateOptions options =
                GenerateOptions.defaults().withMaxTokens(tokens).withSampler(sampler);
        return conversation.generate(prompt, options, _ -> {});
    }

    private static String tell(long seed) {
        try (Conversation conversation = engine.openConversation()) {
            return tell(conversation, PROMPT, 30, seed).text();
        }
    }

    @Test
    void equalSeedsTellTheSameStoryAndOthersAnother() {
        String first = tell(5);
        assertEquals(first, tell(5));
        assertNotEquals(first, tell(6));
    }

    @Test
    void aPromptIsCancelledWithinAMicroBatch() throws Exception {
        try (Engine slow =
                        Engine.builder()
                                .model(SharedData.root().resolve("demo/twinbolt-demo.gguf"))
                                .contextLength(4096)
                                .microBatch(1)
                                .threads(1)
                                .load();
                Conversation conversation = slow.openConversation()) {
            int[] prompt = new int[4000];
            Arrays.fill(prompt, 1);
            CompletableFuture<Generation> told =
                    CompletableFuture.supplyAsync(
                            () ->
                                    conversation.generate(
                                            prompt, GenerateOptions.defaults(), _ -> {}));
            while (conversation.position() == 0 && !told.isDone()) {
                Thread.sleep(1);
            }
            conversation.cancel();
            Generation generation = told.get(60, TimeUnit.SECONDS);
            assertEquals(Generation.End.CANCELLED, generation.end());
            assertEquals(0, generation.generatedTokens());
            assertEquals(conversation.position(), generation.promptTokens());
            assertTrue(generation.promptTokens() < prompt.length);
        }
    }

    /// A long prompt needs a larger compute buffer; graphs over the small one are no longer used.
    @Test
    void goesOnWithOneTokenAfterALongPrompt() {
        try (Conversation conversation = engine.openConversation()) {
            assertEquals(2, tell(conversation, PROMPT, 2, 7).generatedTokens());
            assertEquals(2, tell(conversation, PROMPT.repeat(6), 2, 7).generatedTokens());
        }
    }
}
