package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionTest {
    private static final long GIB = 1L << 30;
    private static final int ALL = Integer.MAX_VALUE;
    private static final double RATE = 1e9;
    private static final LinkSpeed LINK = new LinkSpeed(0.002, 1e6);

    @TempDir Path folder;
    private ModelCost cost;

    @BeforeEach
    void openModel() throws Exception {
        cost = ModelCost.of(new TinyLlama(20).model(folder), new Capacity(512, 512, 1));
    }

    private static DeviceFacts device(String name, boolean isHost, double operations) {
        LinkSpeed link = isHost ? LinkSpeed.NONE : LINK;
        DeviceSpeed speed = new DeviceSpeed(RATE, operations, link);
        return new DeviceFacts(name, isHost, isHost, 16 * GIB, 16 * GIB, speed);
    }

    private Prediction predict(List<DeviceFacts> devices, Double... split) {
        PlacementRequest request = new PlacementRequest(List.of(split), ALL);
        return Prediction.of(cost, Placement.plan(cost, devices, request)).orElseThrow();
    }

    /// Weights of layers and head, and K and V of 256 tokens; the embedding is not read.
    private double readBytes() {
        double weights = cost.weightBytes(new StageRange(false, 0, 20, true));
        return weights + 20 * cost.kvBytesPerLayer() / 2.0;
    }

    @Test
    void aTokenReadsTheWeightsAndHalfOfTheCache() {
        Prediction alone = predict(List.of(device("HOST", true, 1e15)));
        assertEquals(readBytes() / RATE, alone.tokenSeconds(), 1e-12);
        assertEquals(1 / alone.tokenSeconds(), alone.tokensPerSecond());
        // As no time goes to multiplying, all 512 tokens take about what one takes.
        assertEquals(512, alone.promptTokens());
        assertEquals(alone.tokenSeconds(), alone.promptSeconds(), 1e-12);
    }

    @Test
    void everyNodeCostsTwoCrossingsAsTheLinkIsAStar() {
        double crossing = LINK.roundTripSeconds() + 2 * 64 * 4 / LINK.bytesPerSecond();
        List<DeviceFacts> one = List.of(device("A", false, 1e15), device("HOST", true, 1e15));
        assertEquals(readBytes() / RATE + crossing, predict(one, 1.0, 1.0).tokenSeconds(), 1e-9);
        List<DeviceFacts> two =
                List.of(
                        device("A", false, 1e15),
                        device("B", false, 1e15),
                        device("HOST", true, 1e15));
        PlacementRequest thirds = new PlacementRequest(List.of(1.0, 1.0, 1.0), ALL);
        Placement placement = Placement.plan(cost, two, thirds);
        Prediction predicted = Prediction.of(cost, placement).orElseThrow();
        assertEquals(readBytes() / RATE + 2 * crossing, predicted.tokenSeconds(), 1e-9);
        String reasons = String.join("\n", PlacementReasons.of(cost, two, thirds, placement));
        assertTrue(reasons.contains("a star"), reasons);
        assertTrue(reasons.contains("4 crossings a token"), reasons);
        assertTrue(reasons.contains("layers 0-6 on A: the split asks for that"), reasons);
    }

    @Test
    void theSlowestStageDecidesOverAPrompt() {
        List<DeviceFacts> devices =
                List.of(device("A", false, 1e8), device("B", false, 1e12), device("H", true, 1e12));
        Prediction predicted = predict(devices, 1.0, 1.0, 0.0);
        double parameters = 10 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128);
        double slowest = 2 * parameters * 512 / 1e8;
        assertTrue(predicted.promptSeconds() > slowest, predicted.toString());
        // Two links of small passes, not a second stage of that size.
        assertTrue(predicted.promptSeconds() < 1.5 * slowest, predicted.toString());
        assertEquals("A", predicted.bottleneck().stage().facts().name());
    }

    /// 32 of them, each of 16 tokens, and multiplying takes all of their time.
    @Test
    void aPromptIsOnePassThroughAllAndTheOthersThroughTheSlowest() throws Exception {
        cost = ModelCost.of(new TinyLlama(20).model(folder), new Capacity(512, 16, 1));
        double operations = 2.0 * 10 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128) * 16;
        double crossing = LINK.roundTripSeconds() + 2 * 16 * 64 * 4 / LINK.bytesPerSecond();
        List<DeviceFacts> devices = List.of(device("A", false, 1e8), device("H", true, 5e7));
        double node = operations / 1e8 + crossing;
        double host = operations / 5e7;
        assertEquals(node + host + 31 * host, predict(devices, 1.0, 1.0).promptSeconds(), 1e-9);
        List<DeviceFacts> turned = List.of(device("A", false, 5e7), device("H", true, 1e8));
        double slow = operations / 5e7 + crossing;
        double fast = operations / 1e8;
        assertEquals(slow + fast + 31 * slow, predict(turned, 1.0, 1.0).promptSeconds(), 1e-9);
        double alone = 32 * 2 * operations / 1e8;
        assertEquals(alone, predict(turned, 0.0, 1.0).promptSeconds(), 1e-9);
    }

    @Test
    void nothingIsPredictedWhereASpeedIsUnknown() {
        List<DeviceFacts> devices =
                List.of(new DeviceFacts("A", false, GIB, GIB), device("H", true, 1e12));
        PlacementRequest halves = new PlacementRequest(List.of(1.0, 1.0), ALL);
        Placement placement = Placement.plan(cost, devices, halves);
        assertEquals(Optional.empty(), Prediction.of(cost, placement));
        PlacementRequest host = new PlacementRequest(List.of(0.0, 1.0), ALL);
        assertTrue(Prediction.of(cost, Placement.plan(cost, devices, host)).isPresent());
    }

    @Test
    void aHostWithoutTheMemoryReadsTheDisk() {
        DeviceFacts small =
                new DeviceFacts(
                        "H",
                        true,
                        true,
                        4 << 20,
                        GIB,
                        new DeviceSpeed(10 * RATE, 1e15, LinkSpeed.NONE));
        PlacementRequest request = new PlacementRequest(List.of(), ALL);
        Placement placement = Placement.plan(cost, List.of(small), request);
        Prediction predicted = Prediction.of(cost, placement).orElseThrow();
        double disk = readBytes() / StageTime.DISK_BYTES_PER_SECOND;
        assertEquals(disk, predicted.tokenSeconds(), 1e-12);
        String reasons =
                String.join("\n", PlacementReasons.of(cost, List.of(small), request, placement));
        assertTrue(reasons.contains("reads the file again for every token"), reasons);
    }

    @Test
    void countsTheExpertsThatATokenUses() {
        TensorInfo dense = tensor("blk.0.attn_q.weight", List.of(64L, 64L));
        TensorInfo experts = tensor("blk.0.ffn_up_exps.weight", List.of(64L, 128L, 8L));
        TensorInfo norm = tensor("blk.0.attn_norm.weight", List.of(64L));
        ActiveWeights active = ActiveWeights.of(List.of(dense, experts, norm), 2.0 / 8);
        assertEquals(4 * (64 * 64 + 2 * 64 * 128 + 64), active.bytes());
        assertEquals(64 * 64 + 2 * 64 * 128, active.parameters());
    }

    private static TensorInfo tensor(String name, List<Long> ne) {
        long size = ne.stream().reduce(4L, (a, b) -> a * b);
        return new TensorInfo(name, TensorType.F32, ne, 0, size, 0);
    }

    @Test
    void saysWhyTheCutIsWhereItIs() {
        List<DeviceFacts> devices = List.of(device("A", false, 1e12), device("H", true, 1e12));
        PlacementRequest request = new PlacementRequest(List.of(), ALL);
        Placement placement = Placement.plan(cost, devices, request);
        List<String> reasons = PlacementReasons.of(cost, devices, request, placement);
        assertTrue(reasons.get(0).startsWith("predicted: "), reasons.toString());
        assertTrue(reasons.get(1).startsWith("bottleneck: reading the weights on H"), "" + reasons);
        assertTrue(
                reasons.contains("A gets no layers: with it a token would take longer"),
                reasons.toString());
        assertTrue(
                reasons.contains("embedding, layers 0-19, head on H: everything"),
                reasons.toString());
    }
}
