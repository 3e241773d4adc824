package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.sampling.SamplerConfig;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whole texts that begin as what the context holds, with the demo model.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PrefixReuseTest {
    private static Engine engine;

    @BeforeAll
    static void load() {
        engine =
                Engine.builder()
                        .model(SharedData.root().resolve("demo/twinbolt-demo.gguf"))
                        .contextLength(128)
                        .conversations(2)
                        .threads(1)
                        .load();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /// Greedy, and with a penalty for all that was said.
    private static GenerateOptions options(int tokens) {
        SamplerConfig plain = SamplerConfig.DEFAULT.withTemperature(0);
        SamplerConfig penalty =
                new SamplerConfig(0, plain.topK(), 1, 0, 1.3f, -1, 0, 0, plain.seed());
        return GenerateOptions.defaults().withMaxTokens(tokens).withSampler(penalty);
    }

    /// Goes on after `text` as a new conversation does, with `fed` tokens fed.
    private static void assertFeeds(int fed, Conversation conversation, int[] text, int draft) {
        try (Conversation fresh = engine.openConversation()) {
            Generation expected = fresh.generate(text, options(12), _ -> {});
            assertEquals(12, expected.generatedTokens());
            Generation told =
                    conversation.generateAfter(text, options(12).withDraftTokens(draft), _ -> {});
            assertEquals(expected.text(), told.text());
            assertEquals(fed, told.promptTokens());
            assertArrayEquals(fresh.tokens(), conversation.tokens());
            assertEquals(fresh.position(), conversation.position());
        }
    }

    private static int[] joined(int[] first, int... second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    @Test
    void onlyWhatDiffersIsFed() {
        try (Conversation conversation = engine.openConversation()) {
            int[] text = conversation.encode("Once upon a time there was a little girl");
            assertFeeds(text.length, conversation, text, 0);
            for (int draft : new int[] {0, 4}) {
                // The last token is fed in any case.
                assertFeeds(1, conversation, text, draft);
                assertFeeds(1, conversation, Arrays.copyOf(text, text.length - 3), draft);
                int[] said = conversation.tokens();
                assertEquals(said.length - 1, conversation.position(), "one is not fed yet");
                assertFeeds(3, conversation, joined(said, 700, 701), draft);
                int[] other = Arrays.copyOf(text, text.length);
                other[5] = other[5] == 400 ? 401 : 400;
                assertFeeds(text.length - 5, conversation, other, draft);
                other[0] = 402;
                assertFeeds(text.length, conversation, other, draft);
                assertFeeds(text.length, conversation, text, draft);
            }
        }
    }

    @Test
    void aTextIsAPromptWithItsSpecialTokens() {
        String text = "Once upon a time";
        try (Conversation conversation = engine.openConversation();
                Conversation fresh = engine.openConversation()) {
            Generation expected = fresh.generate(text, options(8), _ -> {});
            conversation.generateAfter(text, options(8), _ -> {});
            Generation again = conversation.generateAfter(text, options(8), _ -> {});
            assertEquals(expected.text(), again.text());
            assertEquals(1, again.promptTokens());
        }
    }

    @Test
    void whatDoesNotFitLeavesTheConversationAsItWas() {
        try (Conversation conversation = engine.openConversation()) {
            conversation.generateAfter("Once upon a time", options(8), _ -> {});
            int[] tokens = conversation.tokens();
            assertThrows(
                    ContextFullException.class,
                    () -> conversation.generateAfter(new int[129], options(1), _ -> {}));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> conversation.generateAfter(new int[0], options(1), _ -> {}));
            assertArrayEquals(tokens, conversation.tokens());
            assertEquals(tokens.length - 1, conversation.position());
        }
    }
}
