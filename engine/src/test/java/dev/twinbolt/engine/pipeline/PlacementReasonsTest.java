package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Why a node has the layers that it has, or none.
class PlacementReasonsTest {
    private static final long GIB = 1L << 30;
    private static final int ALL = Integer.MAX_VALUE;

    @TempDir Path folder;
    private ModelCost cost;

    @BeforeEach
    void openModel() throws Exception {
        cost = ModelCost.of(new TinyLlama(20).model(folder), new Capacity(512, 64, 1));
    }

    /// Of 2 GiB, of which one is reserve; its speed is unknown where that is 0.
    private static DeviceFacts node(long roomBytes, double gigabytesPerSecond) {
        DeviceSpeed speed =
                gigabytesPerSecond == 0
                        ? null
                        : new DeviceSpeed(
                                gigabytesPerSecond * 1e9, 1e12, new LinkSpeed(1e-9, 1e12));
        return new DeviceFacts("N", false, false, roomBytes + GIB, 2 * GIB, speed);
    }

    /// Room for so many layers, and not for one more.
    private long room(int layers) {
        return cost.totalBytes(new StageRange(false, 0, layers, false)) + 1000;
    }

    private static DeviceFacts host(long freeBytes) {
        DeviceSpeed speed = new DeviceSpeed(10e9, 1e12, LinkSpeed.NONE);
        return new DeviceFacts("H", true, true, freeBytes, 16 * GIB, speed);
    }

    private void assertReason(String expected, DeviceFacts node, int most, Double... split) {
        assertReason(expected, List.of(node, host(16 * GIB)), most, split);
    }

    private void assertReason(
            String expected, List<DeviceFacts> devices, int most, Double... split) {
        PlacementRequest request = new PlacementRequest(List.of(split), most);
        List<String> reasons =
                PlacementReasons.of(cost, devices, request, Placement.plan(cost, devices, request));
        assertTrue(reasons.contains(expected), expected + " in " + reasons);
    }

    @Test
    void saysWhyANodeGetsNoLayers() {
        assertReason("N gets no layers: none may leave the host", node(GIB / 2, 0), 0);
        assertReason("N gets no layers: the split gives it none", node(GIB / 2, 0), ALL, 0.0, 1.0);
        String full = "N gets no layers: it has no room for one beside its reserve";
        assertReason(full, node(room(1) - 2000, 0), ALL);
        assertReason(full, node(room(1) - 2000, 100), ALL);
        assertReason("N gets no layers: others have more memory free", node(room(1), 0), ALL);
        assertReason(
                "N gets no layers: with it a token would take longer", node(GIB / 2, 0.1), ALL);
    }

    @Test
    void saysWhyANodeGetsTheLayersThatItGets() {
        assertReason("layers 0-9 on N: the split asks for that", node(GIB / 2, 0), ALL, 1.0, 1.0);
        assertReason(
                "layers 0-6 on N: its memory is filled to 50 %, the rest is reserve",
                node(room(7), 100), ALL);
        assertReason(
                "layer 0 on N: a share as large as its free memory, as not all speeds are known",
                node(GIB / 2, 0),
                ALL);
        assertReason("layers 0-2 on N: no more may leave the host", node(GIB / 2, 100), 3);
        assertReason("layers 0-19 on N: it is the fastest", node(GIB / 2, 100), ALL);
        // With all of them the host would read the file again for every token.
        long tooLittle = cost.totalBytes(new StageRange(true, 0, 20, true)) - 1000;
        assertReason(
                "layer 0 on N: any other number would make a token slower",
                List.of(node(GIB / 2, 5), host(tooLittle)),
                ALL);
    }
}
