package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.engine.pipeline.Capacity;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.Layout;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes and the host, of which what is left gets a plan of its own.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class NodeLossTest {
    @TempDir Path folder;
    private final Node first = new Node("first");
    private final Node second = new Node("second");
    private final Device host = new CountingDevice(1 << 30, -1);
    private final Devices devices = new Devices(List.of(first, second, host));
    private final List<List<Device>> plannedFor = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private ModelCost cost;

    private static final class Node extends CountingDevice {
        private final String name;
        private final CompletableFuture<Void> loss = new CompletableFuture<>();
        boolean isClosed;

        /// How often it is not back yet.
        int refusals;

        private @Nullable Node fresh;

        Node fresh() {
            if (fresh == null) {
                fresh = new Node(name);
            }
            return fresh;
        }

        @Override
        public Device reopen() {
            if (refusals-- > 0) {
                throw new DeviceException.Unavailable("refused");
            }
            return fresh();
        }

        Node(String name) {
            super(1 << 30, -1);
            this.name = name;
        }

        DeviceException.Lost lose() {
            DeviceException.Lost lost = new DeviceException.Lost(name + " went away");
            loss.completeExceptionally(lost);
            return lost;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isLocal() {
            return false;
        }

        @Override
        public CompletableFuture<Void> loss() {
            return loss;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    @BeforeEach
    void readModel() throws Exception {
        try (GgufFile file = GgufFile.openHeader(new TinyLlama(3).write(folder))) {
            cost = ModelCost.of(Model.of(file), new Capacity(512, 4, 1));
        }
    }

    private Plan plan(Devices left) {
        List<DeviceFacts> facts = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Device device : left.list()) {
            facts.add(new DeviceFacts(device.name(), device == host, 1L << 40, 1L << 40));
            names.add(device.name());
        }
        return Plan.of(cost, facts, names, new PlacementRequest(List.of(), Integer.MAX_VALUE));
    }

    private NodeLoss replan(NodeLoss.Planner planner) {
        NodeLoss.Planner noted =
                (left, held) -> {
                    plannedFor.add(left.list());
                    return planner.plan(left, held);
                };
        return new NodeLoss(NodeLossPolicy.REPLAN, devices, plan(devices), noted, null, _ -> {});
    }

    @Test
    void aNodeThatIsLostWhileTheRestIsPlannedGoesAsWell() throws Exception {
        NodeLoss nodeLoss =
                replan(
                        (left, held) -> {
                            assertTrue(
                                    held.getOrDefault(first, 0L) > 0
                                            && held.getOrDefault(second, 0L) > 0,
                                    "" + held);
                            if (left.list().contains(second)) {
                                throw second.lose();
                            }
                            return plan(left);
                        });
        Layout layout = nodeLoss.after(first.lose(), () -> false);
        assertNotNull(layout);
        assertEquals(List.of(host), layout.devices());
        assertEquals(List.of(List.of(second, host), List.of(host)), plannedFor);
        assertEquals(List.of("counting"), nodeLoss.plan().devices());
        assertTrue(first.isClosed && second.isClosed);
    }

    private NodeLoss nodeLoss(NodeLossPolicy policy) {
        NodeLoss.Planner planner = (left, _) -> plan(left);
        return new NodeLoss(policy, devices, plan(devices), planner, null, messages::add);
    }

    @Test
    void aNodeThatComesBackTakesItsOldPlace() throws Exception {
        NodeLoss nodeLoss = nodeLoss(NodeLossPolicy.WAIT);
        DeviceException.Lost lost = second.lose();
        assertNull(nodeLoss.after(lost, () -> true), "given up at once");
        assertEquals(List.of(first, second, host), devices.list());
        messages.clear();
        second.refusals = 2;
        Layout layout = nodeLoss.after(lost, () -> false);
        assertNotNull(layout);
        assertEquals(List.of(first, second.fresh(), host), layout.devices());
        assertTrue(second.isClosed);
        assertEquals(List.of("second is lost; waiting for it", "refused"), messages.subList(0, 2));
        assertEquals(3, messages.size(), "the reason once: " + messages);
        assertTrue(messages.getLast().startsWith("second is back after "), messages.getLast());
    }

    /// Where nothing is lost, there is nothing to wait for or to do without, but memory.
    @Test
    void whatIsNoLossIsNotRecoveredFrom() throws Exception {
        DeviceException failure = new DeviceException("no such op");
        for (NodeLossPolicy policy : NodeLossPolicy.values()) {
            NodeLoss nodeLoss = nodeLoss(policy);
            assertSame(
                    failure,
                    assertThrows(
                            DeviceException.class, () -> nodeLoss.after(failure, () -> false)));
        }
        NodeLoss waits = nodeLoss(NodeLossPolicy.WAIT);
        DeviceException.OutOfMemory full = new DeviceException.OutOfMemory("no room");
        assertNotNull(waits.after(full, () -> false));
        assertNull(waits.after(full, () -> true));
        assertEquals(List.of(first, second, host), devices.list());
    }

    @Test
    void aPlanThatFailedIsMadeAnewForTheNextCall() throws Exception {
        DeviceException.Lost unknown = new DeviceException.Lost("of no node");
        NodeLoss nodeLoss =
                replan(
                        (left, _) -> {
                            if (plannedFor.size() == 1) {
                                throw unknown;
                            }
                            return plan(left);
                        });
        DeviceException.Lost lost = first.lose();
        assertSame(
                unknown,
                assertThrows(DeviceException.class, () -> nodeLoss.after(lost, () -> false)));
        Layout layout = nodeLoss.after(lost, () -> false);
        assertNotNull(layout);
        assertEquals(List.of(second, host), layout.devices());
        assertEquals(2, plannedFor.size());
    }
}
