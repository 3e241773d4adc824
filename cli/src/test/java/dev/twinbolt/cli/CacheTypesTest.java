package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.cli.Programs.Ended;
import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.sampling.SamplerConfig;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.server.RpcServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// K and V in other formats than F16, with the demo model.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CacheTypesTest {
    private static final Path MODEL = SharedData.root().resolve("demo/twinbolt-demo.gguf");
    private static final CacheTypes Q8_0 = new CacheTypes(TensorType.Q8_0, TensorType.Q8_0);
    private static final int PROMPT = 90;
    private static final int GENERATED = 12;

    private static EngineBuilder builder(CacheTypes types) {
        return Engine.builder().model(MODEL).threads(2).cacheTypes(types);
    }

    /// Conversations differ by their number.
    private static int token(int number, int position) {
        return 300 + (11 * number + 7 * position + position * position % 13) % 1400;
    }

    /// The logits after every token of a prompt and after each of those that follow one by one.
    private static List<float[]> converse(Session session, int number) {
        try {
            int[] prompt = new int[PROMPT];
            Arrays.setAll(prompt, i -> token(number, i));
            List<float[]> rows = new ArrayList<>(List.of(session.prefillAll(prompt, () -> false)));
            for (int i = 0; i < GENERATED; i++) {
                rows.add(session.decode(token(number, PROMPT + i)));
            }
            return rows;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<float[]> converse(EngineBuilder builder, int number) {
        try (Engine engine = builder.load();
                Session session = engine.openSession()) {
            return converse(session, number);
        }
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual, String how) {
        assertEquals(expected.size(), actual.size());
        for (int row = 0; row < expected.size(); row++) {
            assertArrayEquals(expected.get(row), actual.get(row), how + ", row " + row);
        }
    }

    @ParameterizedTest
    @CsvSource({"Q8_0, Q8_0", "Q8_0, F16", "F16, Q8_0"})
    void logitsAreTheSameHoweverTheWorkIsCut(TensorType k, TensorType v) throws Exception {
        CacheTypes types = new CacheTypes(k, v);
        List<float[]> expected = converse(builder(types), 0);
        assertSame(expected, converse(builder(types).microBatch(7).threads(3), 0), "by 7");
        assertSame(expected, converse(builder(types).microBatch(1).threads(1), 0), "one by one");
        try (CpuDevice lent = new CpuDevice(1);
                RpcServer node = RpcServer.start(List.of(lent), "127.0.0.1", 0, _ -> {})) {
            EngineBuilder split =
                    builder(types)
                            .rpc("127.0.0.1:" + node.port())
                            .tensorSplit(1, 1)
                            .conversations(3);
            try (Engine engine = split.load()) {
                assertTrue(engine.plan().placement().stages().size() > 1, "the premise");
                List<List<float[]>> together = together(engine, 3);
                assertSame(expected, together.getFirst(), "over a node, among others");
                assertSame(converse(builder(types), 2), together.get(2), "the others");
            }
        }
    }

    private static List<List<float[]>> together(Engine engine, int conversations) throws Exception {
        List<Future<List<float[]>>> said = new ArrayList<>();
        List<List<float[]>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < conversations; i++) {
                int number = i;
                said.add(
                        threads.submit(
                                () -> {
                                    try (Session session = engine.openSession()) {
                                        return converse(session, number);
                                    }
                                }));
            }
            for (Future<List<float[]>> future : said) {
                all.add(future.get());
            }
        }
        return all;
    }

    /// The rounding shows, and is small; a scale that is wrong by a few percent would be ten times
    /// it.
    @Test
    void logitsAreCloseToThoseOfF16() {
        List<float[]> exact = converse(builder(CacheTypes.DEFAULT), 0);
        for (CacheTypes types :
                List.of(
                        Q8_0,
                        new CacheTypes(TensorType.Q8_0, TensorType.F16),
                        new CacheTypes(TensorType.F16, TensorType.Q8_0))) {
            double nmse = nmse(exact, converse(builder(types), 0));
            System.out.printf("%s: NMSE %.1e%n", types, nmse);
            assertTrue(nmse > 0, types + " is no other format");
            assertTrue(nmse < 1e-3, types + ": NMSE " + nmse);
        }
    }

    private static double nmse(List<float[]> exact, List<float[]> rows) {
        double error = 0;
        double square = 0;
        for (int row = 0; row < exact.size(); row++) {
            for (int i = 0; i < exact.get(row).length; i++) {
                double difference = (double) rows.get(row)[i] - exact.get(row)[i];
                error += difference * difference;
                square += (double) exact.get(row)[i] * exact.get(row)[i];
            }
        }
        return error / square;
    }

    @Test
    void draftsChangeNothingOfTheText() {
        try (Engine engine = builder(Q8_0).contextLength(200).load()) {
            for (long seed = 0; seed < 3; seed++) {
                Generation plain = tell(engine, seed, 0);
                Generation drafted = tell(engine, seed, 5);
                assertEquals(plain.text(), drafted.text());
                assertTrue(drafted.draftedTokens() > 0, "nothing was drafted");
            }
        }
    }

    private static Generation tell(Engine engine, long seed, int draft) {
        SamplerConfig sampler = SamplerConfig.DEFAULT.withSeed(seed);
        GenerateOptions options =
                GenerateOptions.defaults()
                        .withSampler(seed == 0 ? sampler.withTemperature(0) : sampler)
                        .withDraftTokens(draft);
        try (Conversation conversation = engine.openConversation()) {
            return conversation.generate("Once upon a time", options, _ -> {});
        }
    }

    @Test
    void thePlanCountsWhatTheyTake() {
        // 32 elements take 64 bytes or 34.
        long half = bytes(CacheTypes.DEFAULT) / 2;
        long rounded = half * 34 / 64;
        assertEquals(2 * rounded, bytes(Q8_0));
        assertEquals(half + rounded, bytes(new CacheTypes(TensorType.F16, TensorType.Q8_0)));
    }

    private static long bytes(CacheTypes types) {
        return builder(types).plan().placement().stages().getFirst().kvBytes();
    }

    @Test
    void aHeadThatIsNoWholeNumberOfBlocksIsRefusedBeforeAnythingIsLoaded(@TempDir Path folder)
            throws Exception {
        String model = RandomLlama.writeHeaderOfSmallHeads(folder).toString();
        for (String flag : List.of("-ctk", "--cache-type-v")) {
            Ended ended = Programs.host("plan", "-m", model, flag, "q8_0");
            assertEquals(2, ended.code(), ended.err());
            assertEquals(1, ended.errLines().size(), ended.err());
            assertTrue(ended.err().contains("heads of this model have 16 elements"), ended.err());
        }
        assertEquals(0, Programs.host("plan", "-m", model, "-ctk", "f16").code());
    }
}
