package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.sampling.SamplerConfig;
import dev.twinbolt.gguf.GgufException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                        .conversations(2)
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

    /// The token that ends it is no part of it.
    @Test
    void aStoryEndsWhereTheModelEndsIt() {
        try (Conversation conversation = engine.openConversation()) {
            Generation story = tell(conversation, PROMPT, 240, 5);
            assertEquals(Generation.End.END_OF_TEXT, story.end());
            assertTrue(story.text().endsWith(" The end."), story.text());
            int told = story.promptTokens() + story.generatedTokens();
            assertEquals(told, conversation.position());
            assertTrue(told < 240);
        }
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

    /// What a generation said last comes before the next prompt, also where a long prompt needs
    /// larger buffers.
    @Test
    void aLongPromptFollowsAllThatWasSaid() {
        String first = tell(PROMPT, greedy(2), new StringBuilder()).text();
        goesOnAsAfter(PROMPT + first, greedy(2), PROMPT.repeat(6));
    }

    @Test
    void anEmptyPromptGoesOnAfterALimit() {
        String first = tell(PROMPT, greedy(2), new StringBuilder()).text();
        goesOnAsAfter(PROMPT + first, greedy(2), "");
    }

    @Test
    void aStopStringIsPartOfWhatWasSaid() {
        String text = tell(PROMPT, greedy(5), new StringBuilder()).text();
        String stop = text.substring(text.length() - 4);
        goesOnAsAfter(PROMPT + text, greedy(9).withStops(List.of(stop)), " and");
    }

    /// Whether `more` after a generation goes on as after `said`, all of the text so far, at once.
    private static void goesOnAsAfter(String said, GenerateOptions first, String more) {
        try (Conversation stepped = engine.openConversation();
                Conversation atOnce = engine.openConversation()) {
            int[] begun = stepped.encode(said);
            stepped.generate(PROMPT, first, _ -> {});
            assertEquals(begun.length - 1, stepped.position(), "the last token is not fed yet");
            int[] rest = stepped.encode(more);
            int[] all = Stream.of(begun, rest).flatMapToInt(Arrays::stream).toArray();
            Generation expected = atOnce.generate(all, greedy(5), _ -> {});
            assertEquals(5, expected.generatedTokens());
            Generation told = stepped.generate(rest, greedy(5), _ -> {});
            assertEquals(expected.text(), told.text());
            assertEquals(rest.length + 1, told.promptTokens());
            assertEquals(atOnce.position(), stepped.position());
        }
    }

    @Test
    void nothingFollowsAFullContext() {
        try (Conversation conversation = engine.openConversation()) {
            int[] prompt = new int[255];
            Arrays.fill(prompt, conversation.encode(PROMPT)[1]);
            Generation full = conversation.generate(prompt, greedy(9), _ -> {});
            assertEquals(Generation.End.CONTEXT_FULL, full.end());
            assertEquals(2, full.generatedTokens());
            for (int[] more : new int[][] {{}, {1}}) {
                assertThrows(
                        ContextFullException.class,
                        () -> conversation.generate(more, greedy(1), _ -> {}));
                assertEquals(256, conversation.position());
            }
        }
    }

    @Test
    void aPromptThatDoesNotFitLeavesWhatWasSaid() {
        try (Conversation conversation = engine.openConversation();
                Conversation other = engine.openConversation()) {
            for (Conversation one : List.of(conversation, other)) {
                one.generate(PROMPT, greedy(2), _ -> {});
            }
            assertThrows(
                    ContextFullException.class,
                    () -> conversation.generate(new int[256], greedy(1), _ -> {}));
            assertEquals(
                    other.generate(" and", greedy(5), _ -> {}).text(),
                    conversation.generate(" and", greedy(5), _ -> {}).text());
            assertEquals(other.position(), conversation.position());
        }
    }

    @Test
    void theBytesOfAnUnfinishedCharacterAreToldAtTheEnd(@TempDir Path folder) throws Exception {
        Path model = RandomLlama.writeByte(folder, 0xE2);
        StringBuilder streamed = new StringBuilder();
        try (Engine bytes = Engine.builder().model(model).contextLength(64).threads(1).load();
                Conversation conversation = bytes.openConversation()) {
            Generation told = conversation.generate("a", greedy(3), streamed::append);
            assertEquals("\uFFFD".repeat(3), told.text());
            assertEquals(told.text(), streamed.toString());
        }
    }

    private static GenerateOptions greedy(int tokens) {
        return GenerateOptions.defaults()
                .withMaxTokens(tokens)
                .withSampler(SamplerConfig.DEFAULT.withTemperature(0));
    }

    private static Generation tell(String prompt, GenerateOptions options, StringBuilder streamed) {
        try (Conversation conversation = engine.openConversation()) {
            return conversation.generate(prompt, options, streamed::append);
        }
    }

    @Test
    void endsAtAStopStringThatSpansTokens() {
        String text = tell(PROMPT, greedy(30), new StringBuilder()).text();
        String stop = text.substring(12, 24);
        StringBuilder streamed = new StringBuilder();
        Generation stopped = tell(PROMPT, greedy(30).withStops(List.of(stop)), streamed);
        assertEquals(Generation.End.STOP_STRING, stopped.end());
        assertEquals(text.substring(0, text.indexOf(stop)), stopped.text());
        assertEquals(stopped.text(), streamed.toString());
    }

    @Test
    void tellsAtTheEndWhatCouldHaveBecomeAStopString() {
        String text = tell(PROMPT, greedy(20), new StringBuilder()).text();
        String stop = text.substring(text.length() - 3) + "\0";
        StringBuilder streamed = new StringBuilder();
        Generation whole = tell(PROMPT, greedy(20).withStops(List.of(stop)), streamed);
        assertEquals(text, whole.text());
        assertEquals(text, streamed.toString());
    }

    @Test
    void onlyTheFirstPromptBeginsWithTheMarkOfATextsStart() {
        try (Conversation conversation = engine.openConversation()) {
            int[] first = conversation.encode(PROMPT);
            conversation.generate(first, greedy(2), _ -> {});
            int[] second = conversation.encode(PROMPT);
            assertArrayEquals(Arrays.copyOfRange(first, 1, first.length), second);
        }
    }

    @Test
    void penaltiesSeeThePrompt() {
        SamplerConfig plain = SamplerConfig.DEFAULT.withTemperature(0);
        SamplerConfig penalty =
                new SamplerConfig(0, plain.topK(), 1, 0, 1, -1, 0, 1e6f, plain.seed());
        String start = tell(PROMPT, greedy(1), new StringBuilder()).text();
        // The token that would come next has been said already.
        String prompt = PROMPT + start + " " + PROMPT;
        String again = tell(prompt, greedy(1), new StringBuilder()).text();
        assertEquals(start, again, "the premise of this test");
        assertNotEquals(
                again, tell(prompt, greedy(1).withSampler(penalty), new StringBuilder()).text());
    }

    @Test
    void penaltiesSeeWhatWasSaid() {
        SamplerConfig plain = SamplerConfig.DEFAULT.withTemperature(0);
        SamplerConfig once = new SamplerConfig(0, plain.topK(), 1, 0, 1, -1, 0, 1e6f, plain.seed());
        GenerateOptions options = greedy(60);
        String story = tell("Ben", options, new StringBuilder()).text();
        assertTrue(timesThe(story) > 1, story);
        String other = tell("Ben", options.withSampler(once), new StringBuilder()).text();
        assertTrue(timesThe(other) <= 1, other);
    }

    private static long timesThe(String text) {
        return Pattern.compile(" the\\b").matcher(text).results().count();
    }

    @Test
    void goesOnAfterACancellation() {
        try (Conversation conversation = engine.openConversation()) {
            Generation cut = conversation.generate(PROMPT, greedy(30), _ -> conversation.cancel());
            assertEquals(Generation.End.CANCELLED, cut.end());
            int[] more = conversation.encode(" and");
            Generation next = conversation.generate(more, greedy(3), _ -> {});
            assertEquals(more.length, next.promptTokens(), "all that was said is fed already");
            assertEquals(Generation.End.TOKEN_LIMIT, next.end());
            assertEquals(3, next.generatedTokens());
        }
    }

    @Test
    void aFileThatIsCutWithinItsLastPageEndsTheGeneration(@TempDir Path folder) throws Exception {
        Path copy = folder.resolve("copy.gguf");
        Files.copy(SharedData.root().resolve("demo/twinbolt-demo.gguf"), copy);
        try (Engine cut = Engine.builder().model(copy).contextLength(256).threads(1).load();
                Conversation conversation = cut.openConversation();
                FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            conversation.generate(PROMPT, greedy(2), _ -> {});
            channel.truncate(channel.size() - 1);
            assertThrows(
                    GgufException.class, () -> conversation.generate(" and", greedy(2), _ -> {}));
        }
    }
}
