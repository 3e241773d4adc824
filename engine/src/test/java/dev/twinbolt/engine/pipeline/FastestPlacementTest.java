package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Placement where all speeds are known: the least predicted time per token decides.
class FastestPlacementTest {
    private static final long GIB = 1L << 30;
    private static final int ALL = Integer.MAX_VALUE;
    private static final int LAYERS = 20;
    private static final LinkSpeed FAST_LINK = new LinkSpeed(1e-9, 1e12);

    @TempDir Path folder;

    private ModelCost cost(TinyLlama model) throws Exception {
        return ModelCost.of(model.model(folder), new Capacity(512, 64, 1));
    }

    private ModelCost cost() throws Exception {
        return cost(new TinyLlama(LAYERS));
    }

    /// With Q8_0 matrices in every layer from `first` on.
    private ModelCost unequal(int first) throws Exception {
        TinyLlama model = new TinyLlama(LAYERS);
        for (String name : model.tensors.keySet()) {
            String[] parts = name.split("\\.");
            boolean isLate = parts[0].equals("blk") && Integer.parseInt(parts[1]) >= first;
            if (isLate && !parts[2].endsWith("norm")) {
                model.types.put(name, TensorType.Q8_0);
            }
        }
        return cost(model);
    }

    private static DeviceFacts host(double gigabytesPerSecond) {
        return host(gigabytesPerSecond, 16 * GIB);
    }

    private static DeviceFacts host(double gigabytesPerSecond, long freeBytes) {
        DeviceSpeed speed = new DeviceSpeed(gigabytesPerSecond * 1e9, 1e12, LinkSpeed.NONE);
        return new DeviceFacts("HOST", true, true, freeBytes, 16 * GIB, speed);
    }

    private static DeviceFacts node(
            String name, double gigabytesPerSecond, long roomBytes, LinkSpeed link) {
        DeviceSpeed speed = new DeviceSpeed(gigabytesPerSecond * 1e9, 1e12, link);
        return new DeviceFacts(name, false, false, roomBytes + GIB, 2 * GIB, speed);
    }

    private static List<String> plan(ModelCost cost, int most, DeviceFacts... devices) {
        return Placement.plan(cost, List.of(devices), new PlacementRequest(List.of(), most))
                .stages()
                .stream()
                .map(s -> s.facts().name() + " " + s.range().describe())
                .toList();
    }

    /// Room for so many layers, and not for one more.
    private static long room(ModelCost cost, int first, int end) {
        return cost.totalBytes(new StageRange(false, first, end, false)) + 1000;
    }

    @Test
    void fillsTheFastDeviceFirst() throws Exception {
        ModelCost cost = cost();
        assertEquals(
                List.of("HOST embedding", "A layers 0-6", "HOST layers 7-19, head"),
                plan(cost, ALL, node("A", 100, room(cost, 0, 7), FAST_LINK), host(10)));
        assertEquals(
                List.of("HOST embedding", "A layers 0-19", "HOST head"),
                plan(cost, ALL, node("A", 100, GIB / 2, FAST_LINK), host(10)));
    }

    @Test
    void keepsAllOnTheHostWhereTheLinkIsSlow() throws Exception {
        LinkSpeed slow = new LinkSpeed(0.1, 1e9);
        List<String> all = List.of("HOST embedding, layers 0-19, head");
        assertEquals(all, plan(cost(), ALL, node("A", 100, GIB / 2, slow), host(10)));
        LinkSpeed narrow = new LinkSpeed(0, 1e3);
        assertEquals(all, plan(cost(), ALL, node("A", 100, GIB / 2, narrow), host(10)));
    }

    @Test
    void amongEqualsTakesFewerStages() throws Exception {
        LinkSpeed free = new LinkSpeed(0, Double.MAX_VALUE);
        assertEquals(
                List.of("HOST embedding, layers 0-19, head"),
                plan(
                        cost(),
                        ALL,
                        node("A", 10, GIB / 2, free),
                        node("B", 10, GIB / 2, free),
                        host(10)));
    }

    @Test
    void countsUnequalLayersAsLargeAsTheyAre() throws Exception {
        ModelCost cost = unequal(10);
        long room = room(cost, 0, 5);
        assertEquals(
                List.of("HOST embedding", "A layers 0-4", "HOST layers 5-19, head"),
                plan(cost, ALL, node("A", 100, room, FAST_LINK), host(10)));
        // The same memory holds more of the small layers.
        ModelCost small = unequal(0);
        StageRange more = new StageRange(false, 0, 10, false);
        assertTrue(small.totalBytes(more) < room, "the case is no case");
        assertEquals(
                List.of("HOST embedding", "A layers 0-9", "HOST layers 10-19, head"),
                plan(small, ALL, node("A", 100, room, FAST_LINK), host(10)));
    }

    @Test
    void offloadsNoMoreThanAllowed() throws Exception {
        assertEquals(
                List.of("HOST embedding", "A layers 0-2", "HOST layers 3-19, head"),
                plan(cost(), 3, node("A", 100, GIB / 2, FAST_LINK), host(10)));
        assertEquals(
                List.of("HOST embedding, layers 0-19, head"),
                plan(cost(), 0, node("A", 100, GIB / 2, FAST_LINK), host(10)));
    }

    @Test
    void usesANodeRatherThanReadTheFileAgainForEveryToken() throws Exception {
        ModelCost cost = cost();
        long tooLittle = cost.totalBytes(new StageRange(true, 0, LAYERS, true)) - 1000;
        List<String> stages =
                plan(cost, ALL, node("A", 5, GIB / 2, FAST_LINK), host(10, tooLittle));
        assertEquals("A layer 0", stages.get(1));
    }

    @Test
    void saysWhatIsNeededWhereNothingFits() throws Exception {
        ModelCost cost = cost();
        String message =
                assertThrows(
                                PlacementException.class,
                                () ->
                                        plan(
                                                cost,
                                                ALL,
                                                node("A", 5, 1 << 18, FAST_LINK),
                                                host(10, 1 << 18)))
                        .toString();
        assertTrue(message.contains("HOST has room for 256.0 KiB"), message);
    }

    @Test
    void isNoSlowerThanAnyOtherSplit() throws Exception {
        ModelCost cost = unequal(7);
        Random random = new Random(5);
        for (int i = 0; i < 40; i++) {
            List<DeviceFacts> devices = new ArrayList<>();
            for (int d = 0; d < 2; d++) {
                LinkSpeed link = new LinkSpeed(random.nextDouble() * 1e-4, 1e9);
                long room = random.nextLong(6L << 20);
                devices.add(node("D" + d, 1 + 99 * random.nextDouble(), room, link));
            }
            devices.add(host(1 + 20 * random.nextDouble()));
            int most = random.nextInt(LAYERS + 1);
            int[] found = FastestSplit.layers(cost, devices, most).orElseThrow();
            double least = Double.POSITIVE_INFINITY;
            int[] best = {};
            for (int a = 0; a <= most; a++) {
                for (int b = 0; a + b <= most; b++) {
                    int[] layers = {a, b, LAYERS - a - b};
                    double seconds = seconds(cost, devices, layers);
                    if (seconds < least) {
                        least = seconds;
                        best = layers;
                    }
                }
            }
            assertArrayEquals(best, found, "seed 5, case " + i);
        }
    }

    /// Infinite where it does not fit.
    private static double seconds(ModelCost cost, List<DeviceFacts> devices, int[] layers) {
        Placement placement = Placement.of(cost, devices, layers);
        for (Placement.Stage stage : placement.stages()) {
            long other = stage.kvBytes() + stage.computeBytes();
            DeviceFacts facts = stage.facts();
            if (facts.neededBytes(stage.weightBytes(), other) > facts.roomBytes()) {
                return Double.POSITIVE_INFINITY;
            }
        }
        return Prediction.of(cost, placement).orElseThrow().tokenSeconds();
    }
}
