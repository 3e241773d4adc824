package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.NodeLossPolicy;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.pipeline.SessionFileException;
import dev.twinbolt.engine.sampling.SamplerConfig;
import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.transport.server.RpcServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Conversations that are saved to a file and go on from there, with the demo model.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SavedSessionTest {
    private static final Path MODEL = SharedData.root().resolve("demo/twinbolt-demo.gguf");
    private static final String PROMPT = "Once upon a time";
    private static final String FINGERPRINT = "0123456789abcdef".repeat(4);

    /// Where the header has what.
    private static final int LAYERS_AT = 20;

    private static final int ROW_BYTES_K_AT = 24;
    private static final int ROW_BYTES_V_AT = 28;
    private static final int HEADER_BYTES = 72;
    private static final int DIGEST_BYTES = 32;

    @TempDir Path folder;

    private static EngineBuilder builder() {
        return Engine.builder().model(MODEL).contextLength(256).threads(1);
    }

    /// Greedy for seed 0.
    private static GenerateOptions options(long seed, int tokens, int draft) {
        SamplerConfig sampler = SamplerConfig.DEFAULT.withSeed(seed);
        return GenerateOptions.defaults()
                .withSampler(seed == 0 ? sampler.withTemperature(0) : sampler)
                .withMaxTokens(tokens)
                .withDraftTokens(draft);
    }

    private static Generation tell(
            Conversation conversation, String prompt, GenerateOptions options) {
        return conversation.generate(prompt, options, _ -> {});
    }

    private static Conversation restore(Engine engine, Path file) {
        try (SavedSession saved = SavedSession.open(file)) {
            return engine.restoreConversation(saved);
        }
    }

    /// One that ends with a token that is not fed yet.
    private Path saved(Engine engine) throws IOException {
        Path file = folder.resolve("saved");
        try (Conversation conversation = engine.openConversation()) {
            tell(conversation, PROMPT, options(0, 9, 0));
            conversation.save(file);
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource({"F16, 0", "F16, 5", "Q8_0, 0"})
    void goesOnWithTheSameTextWhateverTheSplit(TensorType type, int draft) throws Exception {
        CacheTypes types = new CacheTypes(type, TensorType.F16);
        Path file = folder.resolve("saved");
        try (CpuDevice lent = new CpuDevice(1);
                RpcServer node = RpcServer.start(List.of(lent), "127.0.0.1", 0, _ -> {});
                Engine whole = builder().cacheTypes(types).conversations(2).load();
                Engine split =
                        builder()
                                .cacheTypes(types)
                                .rpc("127.0.0.1:" + node.port())
                                .tensorSplit(1, 1)
                                .load()) {
            assertEquals(3, split.plan().placement().stages().size(), "the premise");
            for (Engine from : List.of(whole, split)) {
                for (long seed = 0; seed < 3; seed++) {
                    Generation expected;
                    int[] tokens;
                    int position;
                    try (Conversation conversation = from.openConversation()) {
                        tell(conversation, PROMPT, options(seed, 9, draft));
                        conversation.save(file);
                        tokens = conversation.tokens();
                        position = conversation.position();
                        expected = tell(conversation, " and", options(seed, 20, draft));
                    }
                    assertEquals(20, expected.generatedTokens());
                    // In the second slot, where there is one.
                    try (Conversation _ = whole.openConversation();
                            Conversation second = restore(whole, file);
                            Conversation other = restore(split, file)) {
                        for (Conversation conversation : List.of(second, other)) {
                            assertEquals(position, conversation.position());
                            assertArrayEquals(tokens, conversation.tokens());
                            Generation told = tell(conversation, " and", options(seed, 20, draft));
                            assertEquals(expected.text(), told.text());
                            assertEquals(expected.promptTokens(), told.promptTokens());
                        }
                    }
                }
            }
        }
    }

    /// A context whose last cell is taken, and one whose end lies within what graphs look at.
    @ParameterizedTest
    @CsvSource({"255", "100", "1"})
    void logitsAreThoseOfTheSavedSession(int length) throws Exception {
        int[] tokens = new int[length];
        Arrays.setAll(tokens, i -> 300 + 7 * i % 1400);
        Path file = folder.resolve("saved");
        try (Engine engine = builder().conversations(2).load();
                Session session = engine.openSession();
                Session restored = engine.openSession()) {
            session.prefill(tokens);
            session.save(file, FINGERPRINT, new int[0], () -> false);
            try (SavedSession saved = SavedSession.open(file)) {
                assertArrayEquals(tokens, saved.tokens());
                restored.restore(saved, FINGERPRINT);
            }
            assertArrayEquals(session.decode(500), restored.decode(500));
            try (SavedSession saved = SavedSession.open(file)) {
                assertThrows(
                        IllegalStateException.class, () -> restored.restore(saved, FINGERPRINT));
            }
        }
    }

    /// In passes that its neighbours share it feeds what belongs to no cell of a token.
    @Test
    void aFullContextIsSavedAsItWasWhileItsNeighboursGoOn() throws Exception {
        int[] tokens = new int[256];
        Arrays.setAll(tokens, i -> 300 + 7 * i % 1400);
        Path file = folder.resolve("saved");
        CountDownLatch shared = new CountDownLatch(1);
        AtomicBoolean isSaved = new AtomicBoolean();
        Consumer<PassStats> notes =
                pass -> {
                    if (pass.conversations() == 2) {
                        shared.countDown();
                    }
                };
        try (Engine engine = builder().conversations(3).onPass(notes).load();
                Session before = engine.openSession();
                Session full = engine.openSession();
                Session behind = engine.openSession();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            full.prefill(tokens);
            List<Future<?>> others = new ArrayList<>();
            for (Session other : List.of(before, behind)) {
                others.add(
                        threads.submit(
                                () -> {
                                    while (!isSaved.get() && other.position() < 256) {
                                        other.decode(300);
                                    }
                                    return null;
                                }));
            }
            assertTrue(shared.await(10, TimeUnit.SECONDS), "the premise");
            full.save(file, FINGERPRINT, new int[0], () -> false);
            isSaved.set(true);
            for (Future<?> other : others) {
                other.get();
            }
        }
        try (Engine longer = builder().contextLength(300).conversations(2).load();
                Session undisturbed = longer.openSession();
                Session restored = longer.openSession()) {
            undisturbed.prefill(tokens);
            try (SavedSession saved = SavedSession.open(file)) {
                restored.restore(saved, FINGERPRINT);
            }
            assertArrayEquals(undisturbed.decode(500), restored.decode(500));
        }
    }

    @Test
    void whatWasCancelledFullOrNeverBegunIsSavedToo() throws Exception {
        Path file = folder.resolve("saved");
        try (Engine engine = builder().contextLength(20).load()) {
            try (Conversation conversation = engine.openConversation()) {
                conversation.save(file);
            }
            try (Conversation conversation = restore(engine, file)) {
                assertEquals(0, conversation.position());
                conversation.generate(PROMPT, options(0, -1, 0), _ -> conversation.cancel());
                conversation.save(file);
            }
            String rest;
            try (Conversation conversation = restore(engine, file)) {
                assertEquals(conversation.tokens().length, conversation.position());
                rest = tell(conversation, " and", options(0, -1, 3)).text();
                assertEquals(20, conversation.position());
                conversation.save(file);
            }
            assertTrue(!rest.isEmpty());
            try (Conversation conversation = restore(engine, file)) {
                assertEquals(20, conversation.position());
                assertEquals(21, conversation.tokens().length);
                assertThrows(
                        ContextFullException.class, () -> tell(conversation, "", options(0, 1, 0)));
            }
        }
    }

    @Test
    void refusesWhatIsNotForIt() throws Exception {
        Path file;
        try (Engine engine = builder().load()) {
            file = saved(engine);
        }
        CacheTypes types = new CacheTypes(TensorType.F16, TensorType.Q8_0);
        refuses(builder().cacheTypes(types), file, "K in F16 and V in F16, here they are cached");
        refuses(builder().contextLength(10), file, "tokens, the context only 10");
        refuses(builder().model(RandomLlama.write(folder)), file, "with another model");
        refuses(builder().model(trainedFurther()), file, "with another model");
    }

    /// Before anything is loaded, and afterwards.
    private static void refuses(EngineBuilder builder, Path file, String part) {
        try (Engine engine = builder.load();
                SavedSession saved = SavedSession.open(file)) {
            SessionFileException late =
                    assertThrows(
                            SessionFileException.class, () -> engine.restoreConversation(saved));
            assertTrue(late.toString().contains(part), late.toString());
            assertTrue(late.toString().contains(file.toString()), late.toString());
            engine.openConversation().close(); // its place is free
            SessionFileException early =
                    assertThrows(
                            SessionFileException.class,
                            () -> builder.restoring(saved).load((_, _) -> fail("it was planned")));
            assertEquals(late.toString(), early.toString());
        }
    }

    /// The demo model with one matrix that differs.
    private Path trainedFurther() throws IOException {
        Path copy = folder.resolve("trained.gguf");
        byte[] bytes = Files.readAllBytes(MODEL);
        try (GgufFile model = GgufFile.open(MODEL)) {
            TensorInfo matrix = model.tensor("blk.3.ffn_up.weight");
            int start = Math.toIntExact(matrix.offsetBytes());
            for (int i = 0; i < matrix.sizeBytes(); i++) {
                bytes[start + i] ^= (byte) (i % 34 == 20 ? 1 : 0);
            }
        }
        return Files.write(copy, bytes);
    }

    @Test
    void refusesAFileThatWasCutOrAltered() throws Exception {
        Path file;
        try (Engine engine = builder().load()) {
            file = saved(engine);
        }
        byte[] bytes = Files.readAllBytes(file);
        int n = bytes.length;
        Path damaged = folder.resolve("damaged");
        for (int length :
                new int[] {0, 7, 8, 71, 72, 103, 104, n / 2, n - 33, n - 32, n - 1, n + 1}) {
            Files.write(damaged, Arrays.copyOf(bytes, length));
            assertThrows(SessionFileException.class, () -> SavedSession.open(damaged), "" + length);
        }
        Random random = new Random(7);
        for (int i = 0; i < 400; i++) {
            int at = i < HEADER_BYTES ? i : i < 300 ? random.nextInt(n) : n - 1 - i % DIGEST_BYTES;
            byte[] altered = bytes.clone();
            altered[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, altered);
            assertThrows(SessionFileException.class, () -> SavedSession.open(damaged), "" + at);
        }
        assertThrows(SessionFileException.class, () -> SavedSession.open(folder));
        assertThrows(SessionFileException.class, () -> SavedSession.open(folder.resolve("absent")));
        SavedSession.open(file).close();
    }

    /// Whoever writes a file can write its checksum.
    @Test
    void refusesNumbersThatCannotBeThoughTheChecksumIsRight() throws Exception {
        try (Engine engine = builder().load()) {
            Path file = saved(engine);
            byte[] bytes = Files.readAllBytes(file);
            for (int at = 8; at < 40; at += 4) {
                int was = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
                for (int value : new int[] {-1, 0, 1, was + 1, was - 1, 1 << 24, 1 << 30}) {
                    if (value != was) {
                        assertRefused(engine, with(bytes, at, value), at + ": " + value);
                    }
                }
            }
            // As many bytes, of other layers.
            int layers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(LAYERS_AT);
            int row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(ROW_BYTES_K_AT);
            byte[] twice = with(bytes, LAYERS_AT, 2 * layers);
            twice = with(twice, ROW_BYTES_K_AT, row / 2);
            assertRefused(engine, with(twice, ROW_BYTES_V_AT, row / 2), "twice the layers");
            byte[] shifted = with(bytes, ROW_BYTES_K_AT, row + 2);
            assertRefused(engine, with(shifted, ROW_BYTES_V_AT, row - 2), "other rows");
            for (int token : new int[] {-1, 1792, Integer.MAX_VALUE}) {
                assertRefused(engine, with(bytes, HEADER_BYTES, token), "token " + token);
            }
        }
    }

    private static byte[] with(byte[] bytes, int at, int value) throws Exception {
        byte[] altered = bytes.clone();
        ByteBuffer.wrap(altered).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        byte[] body = Arrays.copyOf(altered, altered.length - DIGEST_BYTES);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
        System.arraycopy(digest, 0, altered, body.length, DIGEST_BYTES);
        return altered;
    }

    private void assertRefused(Engine engine, byte[] bytes, String what) throws IOException {
        Path damaged = folder.resolve("damaged");
        Files.write(damaged, bytes);
        assertThrows(SessionFileException.class, () -> restore(engine, damaged).close(), what);
    }

    @Test
    void aFailureLeavesWhatWasThere() throws Exception {
        try (CpuDevice lent = new CpuDevice(1);
                RpcServer node = RpcServer.start(List.of(lent), "127.0.0.1", 0, _ -> {});
                Engine split = builder().rpc("127.0.0.1:" + node.port()).tensorSplit(1, 1).load();
                Conversation conversation = split.openConversation()) {
            tell(conversation, PROMPT, options(0, 9, 0));
            Path file = folder.resolve("saved");
            conversation.save(file);
            byte[] before = Files.readAllBytes(file);
            Path taken = Files.createDirectory(folder.resolve("taken"));
            assertThrows(IOException.class, () -> conversation.save(taken));
            assertThrows(
                    IOException.class, () -> conversation.save(folder.resolve("absent/saved")));
            node.close();
            assertThrows(DeviceException.class, () -> conversation.save(file));
            assertArrayEquals(before, Files.readAllBytes(file));
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(List.of(file, taken), left.sorted().toList());
            }
        }
    }

    @Test
    void aLossBeforeItIsSavedChangesNothing() throws Exception {
        Path file = folder.resolve("saved");
        int position;
        try (CpuDevice lent = new CpuDevice(1);
                RpcServer node = RpcServer.start(List.of(lent), "127.0.0.1", 0, _ -> {});
                Engine split =
                        builder()
                                .rpc("127.0.0.1:" + node.port())
                                .tensorSplit(1, 1)
                                .onNodeLoss(NodeLossPolicy.REPLAN)
                                .load();
                Conversation conversation = split.openConversation()) {
            tell(conversation, PROMPT, options(0, 9, 0));
            position = conversation.position();
            node.close();
            conversation.save(file);
            assertEquals(1, split.plan().placement().stages().size());
        }
        try (Engine engine = builder().load();
                Conversation restored = restore(engine, file)) {
            assertEquals(position, restored.position());
            String rest = tell(restored, " and", options(0, 20, 0)).text();
            restored.close();
            try (Conversation whole = engine.openConversation()) {
                tell(whole, PROMPT, options(0, 9, 0));
                assertEquals(tell(whole, " and", options(0, 20, 0)).text(), rest);
            }
        }
    }
}
