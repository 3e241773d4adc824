package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// Several queues of one thread: each in order, all by turns.
class CommandQueueTest {
    private static final int STEPS = 400;
    private static final long STEP_NANOS = 1_000_000;

    /// A command of [#STEPS] steps of a millisecond, which counts them.
    private static CommandQueue.Command slow(AtomicInteger done) {
        return () -> {
            LockSupport.parkNanos(STEP_NANOS);
            return done.incrementAndGet() < STEPS;
        };
    }

    @Test
    void aShortCommandWaitsForOneStepOfAnothersLongOne() {
        try (QueueThread thread = new QueueThread();
                CommandQueue busy = new CommandQueue(thread);
                CommandQueue other = new CommandQueue(thread)) {
            AtomicInteger done = new AtomicInteger();
            CompletableFuture<Void> all = busy.submitSteps("long", _ -> slow(done));
            for (int i = 0; i < 10; i++) {
                other.submit("short", () -> {}).join();
            }
            assertTrue(done.get() < STEPS / 2, "it waited for %d steps".formatted(done.get()));
            all.join();
            assertEquals(STEPS, done.get());
        }
    }

    @Test
    void twoLongCommandsGetEqualShares() {
        try (QueueThread thread = new QueueThread();
                CommandQueue first = new CommandQueue(thread);
                CommandQueue second = new CommandQueue(thread)) {
            AtomicInteger alone = new AtomicInteger();
            first.submitSteps("before the other came", _ -> slow(alone)).join();
            AtomicInteger firstDone = new AtomicInteger();
            AtomicInteger secondDone = new AtomicInteger();
            CompletableFuture<Void> a = first.submitSteps("long", _ -> slow(firstDone));
            CompletableFuture<Void> b = second.submitSteps("long", _ -> slow(secondDone));
            CompletableFuture.anyOf(a, b).join();
            int least = Math.min(firstDone.get(), secondDone.get());
            assertTrue(least > STEPS / 2, "one had %d steps of %d".formatted(least, STEPS));
        }
    }

    @Test
    void aCancelledCommandTakesNoFurtherStepAndWhatIsQueuedBehindItGoesOn() throws Exception {
        try (QueueThread thread = new QueueThread();
                CommandQueue queue = new CommandQueue(thread)) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch cancelled = new CountDownLatch(1);
            List<String> seen = new ArrayList<>();
            CompletableFuture<Void> done =
                    queue.submitSteps(
                            "long",
                            _ ->
                                    () -> {
                                        seen.add("step");
                                        begun.countDown();
                                        awaitUninterruptibly(cancelled);
                                        return true;
                                    });
            queue.whenDone(() -> seen.add("freed"));
            CompletableFuture<Void> last = queue.submit("read", () -> seen.add("read"));
            begun.await();
            done.cancel(false);
            cancelled.countDown();
            last.join();
            assertEquals(List.of("step", "freed", "read"), seen);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aClosedQueueLeavesTheOthersOpen() {
        try (CpuDevice device = new CpuDevice(2)) {
            DeviceBuffer left;
            Device closed;
            try (Device queue = device.openQueue()) {
                closed = queue;
                left = queue.allocate(8);
                queue.fill(left, 0, 8, (byte) 3);
                DeviceBuffer foreign = left;
                assertThrows(
                        IllegalArgumentException.class, () -> device.fill(foreign, 0, 8, (byte) 3));
            }
            left.close();
            assertThrows(
                    DeviceException.class,
                    () -> closed.read(closed.allocate(8), 0, MemorySegment.NULL));
            DeviceBuffer mine = device.allocate(8);
            device.read(mine, 0, MemorySegment.ofArray(new byte[8])).join();
        }
    }
}
