package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.gguf.MetadataValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What it takes, by the plans that it makes for a host that is only described.
class EngineBuilderTest {
    @TempDir Path folder;
    private final TinyLlama tiny = new TinyLlama(2);
    private EngineBuilder builder;

    @BeforeEach
    void nameModel() throws Exception {
        builder = Engine.builder().model(tiny.write(folder));
    }

    private Plan plan() {
        return builder.plan(
                List.of(new DeviceFacts("host", true, 1L << 50, 1L << 50)), List.of("a host"));
    }

    private void assertRefused(String part) {
        String message = assertThrows(IllegalArgumentException.class, this::plan).toString();
        assertTrue(message.contains(part), message);
    }

    @Test
    void theContextIsTheModelsOwnUpTo4096WhereNoneIsAskedFor() throws Exception {
        assertEquals(2048, plan().contextLength());
        tiny.metadata.put("llama.context_length", MetadataValue.of(4097));
        builder.model(tiny.write(folder));
        assertEquals(4096, plan().contextLength());
        builder.contextLength(5000);
        assertEquals(5000, plan().contextLength());
    }

    @Test
    void boundsTheContext() {
        builder.contextLength(1 << 24);
        assertEquals(1 << 24, plan().contextLength());
        builder.contextLength((1 << 24) + 1);
        assertRefused("context 16777217: expected 1 to 16777216 tokens");
        builder.contextLength(-1);
        assertRefused("context -1: ");
    }

    @Test
    void boundsTheConversationsAndTheMicroBatch() {
        builder.contextLength(16).conversations(256).microBatch(1);
        assertEquals(16, plan().contextLength());
        builder.conversations(257);
        assertRefused("conversations 257: expected 1 to 256");
        builder.conversations(0);
        assertRefused("conversations 0: ");
        builder.conversations(1).microBatch(0);
        assertRefused("micro-batch 0: ");
    }

    @Test
    void aReplyTakesSomeTime() {
        for (Duration time : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            assertThrows(IllegalArgumentException.class, () -> builder.replyTimeout(time));
        }
    }

    @Test
    void sharesAndBoundsOfLayersReachThePlan() {
        List<DeviceFacts> devices =
                List.of(
                        new DeviceFacts("node", false, 1L << 50, 1L << 50),
                        new DeviceFacts("host", true, 1L << 50, 1L << 50));
        List<String> lines = List.of("a node", "a host");
        builder.tensorSplit(1, 0);
        assertEquals(1, builder.plan(devices, lines).placement().nodeCount());
        builder.maxOffloadedLayers(0);
        assertEquals(0, builder.plan(devices, lines).placement().nodeCount());
    }

    @Test
    void aModelHasToBeNamed() {
        assertThrows(IllegalStateException.class, () -> Engine.builder().load());
    }
}
