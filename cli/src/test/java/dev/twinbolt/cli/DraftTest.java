package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.draft.DraftedSession;
import dev.twinbolt.engine.draft.ModelDrafter;
import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.engine.sampling.SamplerConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Drafts change how many passes a text takes, and nothing of the text.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DraftTest {
    private static final Path MODEL = SharedData.root().resolve("demo/twinbolt-demo.gguf");
    private static final String PROMPT = "Once upon a time";

    private static Engine plain;
    private static Engine drafting;

    @BeforeAll
    static void load() {
        plain = builder().load();
        drafting = builder().draftModel(MODEL).load();
    }

    @AfterAll
    static void close() {
        plain.close();
        drafting.close();
    }

    private static EngineBuilder builder() {
        return Engine.builder().model(MODEL).contextLength(200).threads(1);
    }

    private static GenerateOptions options(SamplerConfig sampler, int tokens, int draft) {
        return GenerateOptions.defaults()
                .withSampler(sampler)
                .withMaxTokens(tokens)
                .withDraftTokens(draft);
    }

    /// Greedy for seed 0, which repeats itself soon.
    private static SamplerConfig sampler(long seed) {
        SamplerConfig config = SamplerConfig.DEFAULT.withSeed(seed);
        return seed == 0 ? config.withTemperature(0) : config;
    }

    private static long passes(Generation told) {
        return told.stages().getLast().forwardPasses();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 20})
    void lookupsChangeNothingOfTheText(int draft) {
        long confirmed = 0;
        for (long seed = 0; seed < 6; seed++) {
            Generation expected = tell(plain, options(sampler(seed), -1, 0));
            Generation told = tell(plain, options(sampler(seed), -1, draft));
            assertSame(expected, told);
            assertEquals(passes(expected) - told.confirmedTokens(), passes(told), "passes saved");
            confirmed += told.confirmedTokens();
        }
        assertTrue(confirmed > 0, "nothing was ever guessed right");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void aDraftModelChangesNothingOfTheText(int draft) {
        for (long seed = 0; seed < 3; seed++) {
            assertSame(
                    tell(plain, options(sampler(seed), 60, 0)),
                    tell(drafting, options(sampler(seed), 60, draft)));
        }
    }

    @Test
    void aModelGuessesItselfRight() {
        Generation told = tell(drafting, options(sampler(0), 41, 3));
        assertEquals(41, told.generatedTokens());
        assertEquals(told.draftedTokens(), told.confirmedTokens());
        // The prompt's pass gives the first token, and each after it four.
        assertEquals(1 + 10, passes(told));
    }

    /// The last token is never fed, and so each of the others either with a pass of its own or as
    /// part of a draft.
    @Test
    void noTokenIsDraftedThatWouldNotBeTold() {
        for (int tokens = 38; tokens <= 41; tokens++) {
            Generation told = tell(drafting, options(sampler(0), tokens, 3));
            assertEquals(tokens, told.generatedTokens());
            assertEquals(1 + 10, passes(told));
            assertEquals(tokens - 1 - 10, told.draftedTokens());
        }
    }

    /// What the draft model was fed by then stays fed.
    @Test
    void aDraftThatIsCancelledIsNoneAndTheNextIsRight() throws Exception {
        int[] text = new int[60];
        Arrays.setAll(text, i -> 300 + 7 * i % 1400);
        AtomicInteger asked = new AtomicInteger();
        try (Engine engine = builder().microBatch(4).conversations(2).load();
                DraftedSession session =
                        new DraftedSession(
                                engine.openSession(), new ModelDrafter(engine.openSession()))) {
            session.prefill(text, () -> false);
            float[] logits = session.next(300, 3, () -> asked.incrementAndGet() == 5);
            assertEquals(0, session.draftedTokens());
            assertEquals(5, asked.get());
            asked.set(0);
            for (int i = 0; i < 4; i++) {
                logits = session.next(likeliest(logits), 3, () -> asked.incrementAndGet() < 0);
            }
            assertEquals(3, session.draftedTokens());
            assertEquals(3, session.confirmedTokens());
            assertEquals(12 + 1, asked.get(), "46 tokens of 62 drafted from, then 4 at once");
        }
    }

    private static int likeliest(float @Nullable [] logits) {
        assertNotNull(logits);
        int best = 0;
        for (int token = 1; token < logits.length; token++) {
            best = logits[token] > logits[best] ? token : best;
        }
        return best;
    }

    @Test
    void aTextThatGoesOnAfterDraftsIsTheSame() {
        for (long seed = 0; seed < 4; seed++) {
            StringBuilder expected = new StringBuilder();
            StringBuilder told = new StringBuilder();
            for (int draft : new int[] {0, 5}) {
                try (Conversation conversation = plain.openConversation()) {
                    StringBuilder text = draft == 0 ? expected : told;
                    for (int turn = 0; turn < 4; turn++) {
                        conversation.generate(
                                " Once upon a time there was",
                                options(sampler(seed), 9 + turn, draft),
                                text::append);
                    }
                    text.append(conversation.position());
                }
            }
            assertEquals(expected.toString(), told.toString());
        }
    }

    /// A draft is cut to what the context still holds, and is no part of the context before it is
    /// confirmed.
    @Test
    void aFullContextEndsTheSameText() {
        GenerateOptions long64 = options(sampler(0), -1, 64);
        try (Engine small = builder().contextLength(40).draftModel(MODEL).load()) {
            Generation expected = tell(small, options(sampler(0), -1, 0));
            assertEquals(Generation.End.CONTEXT_FULL, expected.end());
            assertSame(expected, tell(small, long64));
            try (Conversation conversation = small.openConversation()) {
                int prompt = conversation.encode(PROMPT).length;
                Generation told = conversation.generate(PROMPT, long64.withMaxTokens(9), _ -> {});
                assertEquals(9, told.generatedTokens());
                assertEquals(prompt + 8, conversation.position(), "the last token is not fed yet");
            }
        }
    }

    @Test
    void aStopStringEndsTheSameText() {
        Generation whole = tell(plain, options(sampler(0), 80, 0));
        String stop = whole.text().substring(60, 64);
        GenerateOptions until = options(sampler(0), 80, 0).withStops(List.of(stop));
        assertSame(tell(plain, until), tell(plain, until.withDraftTokens(7)));
    }

    @Test
    void namesTheFirstTokenThatDiffers(@TempDir Path folder) throws Exception {
        Path other = RandomLlama.write(folder);
        ModelException refused =
                assertThrows(ModelException.class, () -> builder().draftModel(other).load());
        assertEquals(
                "the draft model has another vocabulary: its token 259 is '▁a', the model's is '▁'",
                refused.getMessage());
    }

    private static Generation tell(Engine engine, GenerateOptions options) {
        try (Conversation conversation = engine.openConversation()) {
            return conversation.generate(PROMPT, options, _ -> {});
        }
    }

    private static void assertSame(Generation expected, Generation told) {
        assertEquals(expected.text(), told.text());
        assertEquals(expected.end(), told.end());
        assertEquals(expected.generatedTokens(), told.generatedTokens());
    }
}
