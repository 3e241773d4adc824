package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementTest {
    private static final long GIB = 1L << 30;
    private static final int ALL = Integer.MAX_VALUE;

    @TempDir Path folder;
    private ModelCost cost;

    @BeforeEach
    void openModel() throws Exception {
        cost = ModelCost.of(new TinyLlama(20).model(folder), new Capacity(512, 64, 1));
    }

    private static List<DeviceFacts> devices(long... freeBytes) {
        List<DeviceFacts> facts = new ArrayList<>();
        for (int i = 0; i < freeBytes.length; i++) {
            boolean isHost = i == freeBytes.length - 1;
            facts.add(new DeviceFacts("D" + i, isHost, freeBytes[i], 16 * GIB));
        }
        return facts;
    }

    private List<String> plan(List<DeviceFacts> devices, int most, Double... split) {
        return Placement.plan(cost, devices, new PlacementRequest(List.of(split), most))
                .stages()
                .stream()
                .map(s -> s.facts().name() + " " + s.range().describe())
                .toList();
    }

    @Test
    void oneDeviceComputesAll() {
        assertEquals(List.of("D0 embedding, layers 0-19, head"), plan(devices(GIB), ALL));
    }

    @Test
    void leavesASmallDeviceAGibibyte() {
        List<DeviceFacts> devices =
                List.of(
                        new DeviceFacts("D0", false, GIB, 2 * GIB),
                        new DeviceFacts("D1", true, 16 * GIB, 16 * GIB));
        assertEquals(List.of("D1 embedding, layers 0-19, head"), plan(devices, ALL));
    }

    @Test
    void splitsByShares() {
        assertEquals(
                List.of("D1 embedding", "D0 layers 0-8", "D1 layers 9-19, head"),
                plan(devices(16 * GIB, 16 * GIB), ALL, 9.0, 11.0));
        assertEquals(
                List.of(
                        "D3 embedding",
                        "D0 layers 0-9",
                        "D2 layers 10-14",
                        "D3 layers 15-19, head"),
                plan(devices(16 * GIB, 16 * GIB, 16 * GIB, 16 * GIB), ALL, 2.0, 0.0, 1.0, 1.0));
    }

    @Test
    void keepsTheHeadOnTheHostThatHasNoLayers() {
        assertEquals(
                List.of("D1 embedding", "D0 layers 0-19", "D1 head"),
                plan(devices(16 * GIB, 16 * GIB), ALL, 1.0));
    }

    @Test
    void offloadsNoMoreLayersThanAllowed() {
        assertEquals(
                List.of("D1 embedding", "D0 layers 0-2", "D1 layers 3-19, head"),
                plan(devices(16 * GIB, 16 * GIB), 3, 9.0, 11.0));
        assertEquals(List.of("D1 embedding, layers 0-19, head"), plan(devices(16 * GIB, GIB), 0));
    }

    @Test
    void offloadsNoMoreThanAllowedWhereTheHostHasNoRoomForTheRest() {
        List<DeviceFacts> devices = devices(16 * GIB, hostBytes(17, false));
        assertEquals(
                List.of("D1 embedding", "D0 layers 0-2", "D1 layers 3-19, head"), plan(devices, 3));
        assertThrows(PlacementException.class, () -> plan(devices, 2));
    }

    /// What the host needs for `layers` layers: their K and V, and the buffers of a pass, which are
    /// larger where activations come in.
    private long hostBytes(int layers, boolean embeds) {
        StageRange one = new StageRange(embeds, 0, 1, true);
        return layers * cost.kvBytesPerLayer() + cost.computeBytes(one);
    }

    /// By shares and by memory alike: the weights are read in place.
    @Test
    void chargesTheHostForItsCacheAndBuffersAlone() {
        long enough = hostBytes(20, true);
        List<String> all = List.of("D0 embedding, layers 0-19, head");
        assertEquals(all, plan(devices(enough), ALL));
        assertEquals(all, plan(devices(enough), ALL, 1.0));
        assertThrows(PlacementException.class, () -> plan(devices(enough - 1), ALL));
        assertThrows(PlacementException.class, () -> plan(devices(enough - 1), ALL, 1.0));
    }

    @Test
    void leavesTheReserveOfADeviceFree() {
        // 16 GiB in all: 2.4 GiB stay free, so a device with 2 GiB free gets nothing.
        assertEquals(List.of("D1 embedding, layers 0-19, head"), plan(devices(2 * GIB, GIB), ALL));
    }

    @Test
    void saysWhyAModelDoesNotFit() {
        String message =
                assertThrows(PlacementException.class, () -> plan(devices(GIB, 1 << 18), ALL))
                        .toString();
        assertTrue(message.contains("needs") && message.contains("D1 has room for"), message);
    }

    @Test
    void failsWhereFewerNodesGetLayersThanRequired() {
        PlacementRequest two = new PlacementRequest(List.of(1.0, 0.0, 1.0), ALL, 2);
        List<DeviceFacts> devices = devices(16 * GIB, 16 * GIB, 16 * GIB);
        String message =
                assertThrows(
                                PlacementException.TooFewNodes.class,
                                () -> Placement.plan(cost, devices, two))
                        .toString();
        assertTrue(message.contains("1 of the 2 required nodes"), message);
        PlacementRequest one = new PlacementRequest(List.of(1.0, 0.0, 1.0), ALL, 1);
        assertEquals(1, Placement.plan(cost, devices, one).nodeCount());
    }

    /// A second device of the host gets layers and is no node.
    @Test
    void countsTheMachinesThatGetLayers() {
        List<DeviceFacts> devices =
                List.of(
                        new DeviceFacts("node", false, false, 16 * GIB, 16 * GIB, null),
                        new DeviceFacts("GPU", false, true, 16 * GIB, 16 * GIB, null),
                        new DeviceFacts("CPU", true, true, 16 * GIB, 16 * GIB, null));
        PlacementRequest thirds = new PlacementRequest(List.of(1.0, 1.0, 1.0), ALL);
        assertEquals(1, Placement.plan(cost, devices, thirds).nodeCount());
        PlacementRequest halves = new PlacementRequest(List.of(1.0, 1.0), ALL);
        assertThrows(
                IllegalArgumentException.class,
                () -> Placement.plan(cost, devices.subList(0, 2), halves));
    }

    /// With what others have taken of them.
    @Test
    void saysHowFullTheDevicesAre() {
        List<DeviceFacts> devices =
                List.of(
                        new DeviceFacts("D0", false, 4 * GIB, 16 * GIB),
                        new DeviceFacts("D1", true, 8 * GIB, 16 * GIB));
        PlacementRequest halves = new PlacementRequest(List.of(1.0, 1.0), ALL);
        Placement placement = Placement.plan(cost, devices, halves);
        List<Placement.Stage> stages = placement.stages();
        assertEquals(75, placement.percentFull(stages.get(1)));
        assertEquals(50, placement.percentFull(stages.get(2)));
        long embedding = stages.get(0).weightBytes() + stages.get(0).computeBytes();
        Placement.Stage last = stages.get(2);
        long layers = last.weightBytes() + last.kvBytes() + last.computeBytes();
        assertTrue(embedding > 0 && last.kvBytes() > 0, "the premise");
        assertEquals(embedding + layers, placement.bytesOn(1));
    }

    @Test
    void bytesAreForPeople() {
        assertEquals("0.5 KiB", Placement.bytes(512));
        assertEquals("1024.0 KiB", Placement.bytes((1 << 20) - 1));
        assertEquals("1.0 MiB", Placement.bytes(1 << 20));
        assertEquals("1024.0 MiB", Placement.bytes(GIB - 1));
        assertEquals("1.5 GiB", Placement.bytes(3 * GIB / 2));
    }

    @Test
    void namesTheDevicesWhenThereAreTooManyShares() {
        String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> plan(devices(GIB, GIB), ALL, 1.0, 1.0, 1.0))
                        .toString();
        assertTrue(message.contains("3 shares") && message.contains("D0, D1"), message);
    }

    @Test
    void theTableFitsTheTerminal() {
        Placement placement =
                Placement.plan(
                        cost, devices(GIB, GIB), new PlacementRequest(List.of(1.0, 1.0), ALL));
        int rows = placement.stages().size();
        String wide = placement.table(80);
        assertEquals(placement.table(0), wide);
        assertEquals(1 + rows, wide.lines().count(), wide);
        String narrow = placement.table(40);
        assertEquals(6 * rows, narrow.lines().count(), narrow);
        assertTrue(narrow.lines().allMatch(line -> line.length() < 40), narrow);
        assertTrue(narrow.contains("  computes layers 10-19, head"), narrow);
    }
}
