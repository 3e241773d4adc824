package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A pipeline whose device is lost, and whose recovery does not come to its end.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class RecoveryTest {
    private static final Capacity CAPACITY = new Capacity(512, 4, 2);
    private static final DeviceException.Lost LOST = new DeviceException.Lost("it went away");

    @TempDir Path folder;
    private final Node first = new Node(-1);
    private final List<DeviceException> failures = new ArrayList<>();
    private GgufFile file;
    private Model model;

    /// A device that can go away, and where one call fails as if the caller had been interrupted.
    private static class Node extends CountingDevice {
        private final CompletableFuture<Void> loss = new CompletableFuture<>();

        Node(int interruptedCall) {
            super(Integer.MAX_VALUE, interruptedCall);
        }

        void lose() {
            loss.completeExceptionally(LOST);
        }

        @Override
        public CompletableFuture<Void> loss() {
            return loss;
        }

        @Override
        DeviceException failure() {
            Thread.currentThread().interrupt();
            return new DeviceException.Interrupted("interrupted", new InterruptedException());
        }
    }

    @BeforeEach
    void openModel() throws Exception {
        file = GgufFile.open(new TinyLlama(1).writeWhole(folder));
        model = Model.of(file);
    }

    @AfterEach
    void closeModel() {
        file.close();
    }

    private Layout layout(Node node) {
        List<DeviceFacts> facts = List.of(new DeviceFacts("D0", true, 1L << 40, 1L << 40));
        PlacementRequest all = new PlacementRequest(List.of(1.0), Integer.MAX_VALUE);
        Placement placement = Placement.plan(ModelCost.of(model, CAPACITY), facts, all);
        return new Layout(placement, List.of(node));
    }

    private Pipeline load(Node node, Recovery recovery) {
        return Pipeline.load(file, model, layout(node), CAPACITY, LoadProgress.SILENT, recovery);
    }

    private int callsOfALoad() {
        Node node = new Node(-1);
        load(node, Recovery.NONE).close();
        return node.calls();
    }

    /// At every call of the load.
    @Test
    void whoIsInterruptedInARecoveryLeavesItToTheNext() throws Exception {
        int calls = callsOfALoad();
        for (int i = 0; i < calls; i++) {
            Node before = new Node(-1);
            Node after = new Node(i);
            failures.clear();
            Recovery recovery =
                    (failure, _) -> {
                        failures.add(failure);
                        return layout(after);
                    };
            try (Pipeline pipeline = load(before, recovery);
                    Session session = pipeline.openSession();
                    Session other = pipeline.openSession()) {
                other.decode(1);
                before.lose();
                assertThrows(InterruptedException.class, () -> session.decode(1), "call " + i);
                assertFalse(Thread.interrupted(), "still, after call " + i);
                other.decode(1);
                session.decode(1);
                assertEquals(List.of(2, 1), List.of(other.position(), session.position()));
                assertEquals(List.of(LOST, LOST), failures, "an interrupt is no failure");
            }
            assertEquals(0, before.openBuffers() + after.openBuffers(), "after call " + i);
        }
    }

    /// After any number of looks at whether it is.
    @Test
    void aReplayThatIsCancelledForgetsNothing() throws Exception {
        int[] said = new int[10];
        boolean isWhole = false;
        for (int looks = 0; !isWhole; looks++) {
            Node before = new Node(-1);
            Node after = new Node(-1);
            try (Pipeline pipeline = load(before, (_, _) -> layout(after));
                    Session session = pipeline.openSession()) {
                session.prefill(said);
                before.lose();
                AtomicInteger left = new AtomicInteger(looks);
                isWhole = session.prefill(said, () -> left.getAndDecrement() <= 0) != null;
                assertTrue(session.position() >= said.length, session.position() + " tokens");
                int position = session.position();
                session.decode(1);
                assertEquals(position + 1, session.position());
            }
            assertTrue(looks < 100);
        }
    }

    @Test
    void aCallAfterTheEndOfWhatDidNotRecoverSaysThatItWasClosed() {
        DeviceException.OutOfMemory full = new DeviceException.OutOfMemory("no room");
        Node small =
                new Node(0) {
                    @Override
                    DeviceException failure() {
                        return full;
                    }
                };
        Recovery once =
                (failure, _) -> {
                    failures.add(failure);
                    if (failure == full) {
                        throw failure;
                    }
                    return layout(small);
                };
        try (Pipeline pipeline = load(first, once);
                Session session = pipeline.openSession()) {
            first.lose();
            assertSame(full, assertThrows(DeviceException.class, () -> session.decode(1)));
            pipeline.close();
            assertThrows(IllegalStateException.class, () -> session.decode(1));
            assertEquals(List.of(LOST, full), failures);
        }
    }
}
