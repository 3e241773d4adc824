package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.NodeLossPolicy;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.engine.pipeline.StageStats;
import dev.twinbolt.engine.sampling.SamplerConfig;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.kernels.cpu.CpuProvider;
import dev.twinbolt.transport.Endpoint;
import dev.twinbolt.transport.link.EmulatedLink;
import dev.twinbolt.transport.link.LinkTraits;
import dev.twinbolt.transport.server.RpcServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// A node that goes away in the middle of a text, and comes back or does not.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NodeLossTest {
    private static final Path MODEL = SharedData.root().resolve("demo/twinbolt-demo.gguf");
    private static final String PROMPT = "Once upon a time there was a";
    private static final int TOKENS = 40;

    private final List<Node> nodes = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> messages = new ConcurrentLinkedQueue<>();

    /// A node that can be ended and started anew at the same port.
    private static final class Node implements AutoCloseable {
        private final List<Device> devices = new CpuProvider().open(new DeviceConfig(1, List.of()));
        private RpcServer server = start(0);
        private final int port = server.port();

        private RpcServer start(int port) {
            try {
                return RpcServer.start(devices, "127.0.0.1", port, _ -> {});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String endpoint() {
            return "127.0.0.1:" + port;
        }

        void end() {
            server.close();
        }

        void restart() {
            server = start(port);
        }

        @Override
        public void close() {
            server.close();
            devices.forEach(Device::close);
        }
    }

    @BeforeEach
    void startNodes() {
        nodes.add(new Node());
        nodes.add(new Node());
    }

    @AfterEach
    void endNodes() {
        nodes.forEach(Node::close);
    }

    private EngineBuilder builder(NodeLossPolicy policy) {
        return Engine.builder()
                .model(MODEL)
                .contextLength(300)
                .threads(1)
                .microBatch(4)
                .conversations(3)
                .rpc(nodes.get(0).endpoint(), nodes.get(1).endpoint())
                .tensorSplit(1, 1, 1)
                .onNodeLoss(policy)
                .messages(messages::add);
    }

    private static GenerateOptions options(long seed, int draft) {
        SamplerConfig config = SamplerConfig.DEFAULT.withSeed(seed);
        return GenerateOptions.defaults()
                .withSampler(seed == 0 ? config.withTemperature(0) : config)
                .withMaxTokens(TOKENS)
                .withDraftTokens(draft);
    }

    /// The text of two turns; `onToken` is told how many pieces there were.
    private static String tell(Engine engine, long seed, int draft, IntConsumer onToken) {
        StringBuilder text = new StringBuilder();
        int[] pieces = {0};
        try (Conversation conversation = engine.openConversation()) {
            for (String prompt : List.of(PROMPT, " One day")) {
                conversation.generate(
                        prompt,
                        options(seed, draft),
                        piece -> {
                            text.append(piece);
                            onToken.accept(++pieces[0]);
                        });
            }
        }
        return text.toString();
    }

    private String undisturbed(long seed) {
        try (Engine engine = builder(NodeLossPolicy.FAIL).load()) {
            return tell(engine, seed, 0, _ -> {});
        }
    }

    /// Comes back when it has been missed.
    private void bringBack(Node node, ExecutorService threads) {
        threads.submit(
                () -> {
                    while (messages.stream().noneMatch(line -> line.contains("waiting for it"))) {
                        Thread.sleep(5);
                    }
                    node.restart();
                    return null;
                });
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0, 1", "1, 0, 1, 7", "2, 3, 0, 30", "3, 0, 1, 55"})
    void aTextGoesOnWhenTheNodeIsBack(long seed, int draft, int lost, int moment) {
        String expected = undisturbed(seed);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Engine engine = builder(NodeLossPolicy.WAIT).load()) {
            Node node = nodes.get(lost);
            bringBack(node, threads);
            String text =
                    tell(
                            engine,
                            seed,
                            draft,
                            piece -> {
                                if (piece == moment) {
                                    node.end();
                                }
                            });
            assertEquals(expected, text);
            assertEquals(1, messages.stream().filter(line -> line.contains("is back")).count());
        }
    }

    @Test
    void allConversationsGoOn() throws Exception {
        List<String> expected = List.of(undisturbed(1), undisturbed(2), undisturbed(3));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Engine engine = builder(NodeLossPolicy.WAIT).load()) {
            Node node = nodes.get(0);
            bringBack(node, threads);
            List<Future<String>> told = new ArrayList<>();
            for (int i = 1; i <= 3; i++) {
                int seed = i;
                told.add(
                        threads.submit(
                                () ->
                                        tell(
                                                engine,
                                                seed,
                                                0,
                                                piece -> {
                                                    if (seed == 2 && piece == 20) {
                                                        node.end();
                                                    }
                                                })));
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.get(i), told.get(i).get());
            }
            assertEquals(1, messages.stream().filter(line -> line.contains("is back")).count());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whatIsLeftTakesTheLayers(int lost) {
        String expected = undisturbed(4);
        try (Engine engine = builder(NodeLossPolicy.REPLAN).load()) {
            int layers = engine.model().architecture().layerCount();
            String text =
                    tell(
                            engine,
                            4,
                            0,
                            piece -> {
                                if (piece == 9) {
                                    nodes.get(lost).end();
                                }
                            });
            assertEquals(expected, text);
            List<Placement.Stage> stages = engine.plan().placement().stages();
            assertEquals(layers, stages.stream().mapToInt(s -> s.range().layerCount()).sum());
            String gone = nodes.get(lost).endpoint();
            assertFalse(engine.plan().table().contains(gone), engine.plan().table());
            assertEquals(2, engine.devices().size());
        }
    }

    @Test
    void afterTheLastNodeTheHostHasAll() {
        String expected = undisturbed(5);
        try (Engine engine = builder(NodeLossPolicy.REPLAN).load();
                Conversation conversation = engine.openConversation()) {
            StringBuilder text = new StringBuilder();
            Generation first =
                    conversation.generate(
                            PROMPT,
                            options(5, 0),
                            piece -> {
                                text.append(piece);
                                nodes.forEach(Node::end);
                            });
            assertEquals(TOKENS, first.generatedTokens());
            conversation.generate(" One day", options(5, 0), text::append);
            assertEquals(expected, text.toString());
            StageStats host = first.stages().getLast();
            assertEquals("CPU", host.device());
            assertEquals(1, engine.devices().size());
        }
    }

    @Test
    void aConversationThatWaitsCanBeCancelled() {
        try (Engine engine = builder(NodeLossPolicy.WAIT).load();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Conversation conversation = engine.openConversation()) {
            threads.submit(
                    () -> {
                        while (messages.isEmpty()) {
                            Thread.sleep(5);
                        }
                        conversation.cancel();
                        return null;
                    });
            Generation told =
                    conversation.generate(PROMPT, options(1, 0), _ -> nodes.getFirst().end());
            assertEquals(Generation.End.CANCELLED, told.end());
            // It goes on from there, once the node is back.
            nodes.getFirst().restart();
            StringBuilder text = new StringBuilder(told.text());
            text.append(conversation.generate("", options(0, 0), _ -> {}).text());
            assertTrue(text.length() > told.text().length());
        }
    }

    @Test
    void withoutAPolicyEveryCallFails() {
        try (Engine engine = builder(NodeLossPolicy.FAIL).load();
                Conversation conversation = engine.openConversation()) {
            for (int i = 0; i < 2; i++) {
                DeviceException.Lost lost =
                        assertThrows(
                                DeviceException.Lost.class,
                                () ->
                                        conversation.generate(
                                                PROMPT,
                                                options(1, 0),
                                                _ -> nodes.getFirst().end()));
                String why = String.valueOf(lost.getMessage());
                assertTrue(why.contains(nodes.getFirst().endpoint()), why);
            }
        }
    }

    private static EmulatedLink linkTo(Node node) throws IOException {
        LinkTraits traits = LinkTraits.of(new LinkSpeed(1e-4, 1e9));
        Endpoint target = new Endpoint("127.0.0.1", node.port);
        return EmulatedLink.start(traits, "127.0.0.1", 0, target, _ -> {});
    }

    private EngineBuilder builder(NodeLossPolicy policy, EmulatedLink first) {
        return builder(policy).rpc("127.0.0.1:" + first.port(), nodes.get(1).endpoint());
    }

    /// Nothing but its silence tells of it.
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aLinkThatIsCutWithoutAWordIsALossToo() throws Exception {
        String expected = undisturbed(6);
        AtomicLong cut = new AtomicLong();
        AtomicLong noticed = new AtomicLong();
        Consumer<String> notes =
                line -> {
                    if (line.contains("is lost")) {
                        noticed.set(System.nanoTime());
                    }
                };
        try (EmulatedLink link = linkTo(nodes.getFirst());
                Engine engine = builder(NodeLossPolicy.REPLAN, link).messages(notes).load()) {
            IntConsumer cutting =
                    piece -> {
                        if (piece == 9) {
                            cut.set(System.nanoTime());
                            link.cut();
                        }
                    };
            String text = tell(engine, 6, 0, cutting);
            assertEquals(expected, text);
            assertEquals(2, engine.devices().size());
        }
        double seconds = (noticed.get() - cut.get()) / 1e9;
        assertTrue(seconds > 0 && seconds < 8, "noticed after %.1f s".formatted(seconds));
    }

    /// Before its silence tells that it is dead.
    @Test
    void aNodeThatTakesLongerThanTheReplyTimeoutIsLost() throws Exception {
        NodeLossOptions options =
                CommandLine.populateCommand(new NodeLossOptions(), "--reply-timeout", "0.2");
        try (EmulatedLink link = linkTo(nodes.getFirst())) {
            EngineBuilder builder = builder(NodeLossPolicy.WAIT, link);
            options.apply(builder);
            try (Engine engine = builder.load();
                    Conversation conversation = engine.openConversation()) {
                DeviceException.Lost lost =
                        assertThrows(
                                DeviceException.Lost.class,
                                () ->
                                        conversation.generate(
                                                PROMPT, options(1, 0), _ -> link.stall(5)));
                String why = String.valueOf(lost.getMessage());
                assertTrue(why.contains("no reply for 0.2 s"), why);
            }
        }
    }
}
