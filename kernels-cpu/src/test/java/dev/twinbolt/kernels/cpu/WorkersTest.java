package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What [Workers] promises to the ops and to the machine.
@Timeout(60)
class WorkersTest {
    /// Work of a row that is always worth sharing.
    private static final long LARGE = 1 << 20;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 64})
    void everyRowIsComputedOnce(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int count : new int[] {0, 1, 2, 7, 8, 9, 100, 1001}) {
                for (int granule : new int[] {1, 8, 64}) {
                    AtomicIntegerArray computed = new AtomicIntegerArray(count);
                    workers.share(
                            count,
                            granule,
                            LARGE,
                            (from, to) -> {
                                assertEquals(0, from % granule);
                                assertTrue(to % granule == 0 || to == count);
                                for (long r = from; r < to; r++) {
                                    computed.incrementAndGet((int) r);
                                }
                            });
                    for (int r = 0; r < count; r++) {
                        assertEquals(1, computed.get(r));
                    }
                }
            }
        }
    }

    /// Who has gone keeps others waiting for the chunks under way alone, which are short.
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void whatIsCancelledEndsWithTheChunksUnderWay(int threads) {
        int granule = 4;
        try (Workers workers = new Workers(threads)) {
            AtomicInteger chunks = new AtomicInteger();
            workers.cancelWhen(() -> chunks.get() > 5);
            workers.shareUntilCancelled(
                    1000,
                    granule,
                    1 << 23,
                    (from, to) -> {
                        assertEquals(2 * granule, to - from);
                        chunks.incrementAndGet();
                    });
            assertTrue(chunks.get() >= 6 && chunks.get() < 6 + threads, chunks + " chunks");
            AtomicInteger rows = new AtomicInteger();
            workers.share(1000, granule, LARGE, (from, to) -> rows.addAndGet((int) (to - from)));
            assertEquals(1000, rows.get(), "what others rest on is computed all the same");
        }
    }

    @Test
    void manyOpsOneAfterTheOtherStayApart() {
        try (Workers workers = new Workers(4)) {
            AtomicIntegerArray last = new AtomicIntegerArray(64);
            for (int op = 1; op <= 20_000; op++) {
                int number = op;
                workers.share(
                        64,
                        LARGE,
                        (from, to) -> {
                            for (long r = from; r < to; r++) {
                                assertEquals(number - 1, last.getAndSet((int) r, number));
                            }
                        });
            }
        }
    }

    @Test
    void oneThreadIsTheCaller() {
        Thread caller = Thread.currentThread();
        try (Workers workers = new Workers(1)) {
            List<Long> ends = new ArrayList<>();
            workers.share(
                    1000,
                    LARGE,
                    (_, to) -> {
                        assertSame(caller, Thread.currentThread());
                        ends.add(to);
                    });
            assertEquals(List.of(1000L), ends);
        }
    }

    @Test
    void littleWorkStaysWithTheCaller() {
        Thread caller = Thread.currentThread();
        try (Workers workers = new Workers(4)) {
            workers.share(1000, 1, (_, _) -> assertSame(caller, Thread.currentThread()));
        }
    }

    @Test
    void parkedThreadsAreWoken() throws InterruptedException {
        try (Workers workers = new Workers(3)) {
            for (int op = 0; op < 5; op++) {
                // Longer than any spin.
                Thread.sleep(20);
                CountDownLatch all = new CountDownLatch(3);
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                workers.share(
                        12,
                        LARGE,
                        (_, _) -> {
                            if (threads.add(Thread.currentThread())) {
                                all.countDown();
                                await(all);
                            }
                        });
                assertEquals(3, threads.size());
            }
        }
    }

    @Test
    void aThreadThatIsKeptWaitingHoldsUpOneChunkOnly() {
        Thread caller = Thread.currentThread();
        try (Workers workers = new Workers(2)) {
            CountDownLatch othersDone = new CountDownLatch(95);
            AtomicBoolean isHeld = new AtomicBoolean();
            workers.share(
                    96,
                    12,
                    LARGE,
                    (from, to) -> {
                        boolean isOther = Thread.currentThread() != caller;
                        if (isOther && isHeld.compareAndSet(false, true)) {
                            // Everything but the rest of this chunk is done meanwhile.
                            for (long r = from + 1; r < to; r++) {
                                othersDone.countDown();
                            }
                            await(othersDone);
                        } else {
                            while (!isOther && !isHeld.get()) {
                                Thread.onSpinWait();
                            }
                            for (long r = from; r < to; r++) {
                                othersDone.countDown();
                            }
                        }
                    });
            assertEquals(0, othersDone.getCount());
        }
    }

    @Test
    void theFirstFailureIsThrownWhenNoRowIsComputedAnyMore() {
        try (Workers workers = new Workers(3)) {
            for (int op = 0; op < 200; op++) {
                IllegalStateException failure = new IllegalStateException("row 0");
                AtomicInteger running = new AtomicInteger();
                IllegalStateException thrown =
                        assertThrows(
                                IllegalStateException.class,
                                () ->
                                        workers.share(
                                                300,
                                                LARGE,
                                                (from, _) -> {
                                                    running.incrementAndGet();
                                                    try {
                                                        if (from == 0) {
                                                            throw failure;
                                                        }
                                                        Thread.sleep(0, 1000);
                                                    } catch (InterruptedException e) {
                                                        throw new AssertionError(e);
                                                    } finally {
                                                        running.decrementAndGet();
                                                    }
                                                }));
                assertSame(failure, thrown);
                assertEquals(0, running.get());
                // The next op is not touched by it.
                AtomicInteger rows = new AtomicInteger();
                workers.share(300, LARGE, (from, to) -> rows.addAndGet((int) (to - from)));
                assertEquals(300, rows.get());
            }
        }
    }

    @Test
    void anErrorOfAnotherThreadReachesTheCaller() {
        Thread caller = Thread.currentThread();
        try (Workers workers = new Workers(2)) {
            CountDownLatch failed = new CountDownLatch(1);
            assertThrows(
                    InternalError.class,
                    () ->
                            workers.share(
                                    8,
                                    LARGE,
                                    (_, _) -> {
                                        if (Thread.currentThread() == caller) {
                                            await(failed);
                                        } else {
                                            failed.countDown();
                                            throw new InternalError("a page without a file");
                                        }
                                    }));
        }
    }

    @Test
    void moreThreadsThanProcessorsBesideBusyOnesMakeProgress() throws InterruptedException {
        int processors = Runtime.getRuntime().availableProcessors();
        AtomicBoolean isOver = new AtomicBoolean();
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < processors; i++) {
            busy.add(
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        while (!isOver.get()) {
                                            Thread.onSpinWait();
                                        }
                                    }));
        }
        try (Workers workers = new Workers(4 * processors)) {
            AtomicInteger rows = new AtomicInteger();
            for (int op = 0; op < 200; op++) {
                workers.share(1000, LARGE, (from, to) -> rows.addAndGet((int) (to - from)));
            }
            assertEquals(200_000, rows.get());
        } finally {
            isOver.set(true);
        }
        for (Thread thread : busy) {
            thread.join();
        }
    }

    @Test
    void anInterruptedCallerFinishesTheOpAndStaysInterrupted() {
        try (Workers workers = new Workers(2)) {
            AtomicInteger rows = new AtomicInteger();
            Thread.currentThread().interrupt();
            for (int op = 0; op < 100; op++) {
                workers.share(100, LARGE, (from, to) -> rows.addAndGet((int) (to - from)));
            }
            assertTrue(Thread.interrupted());
            assertEquals(10_000, rows.get());
        }
    }

    @Test
    void threadsEndWithTheirWorkers() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Workers workers = new Workers(2);
        CountDownLatch all = new CountDownLatch(2);
        workers.share(
                8,
                LARGE,
                (_, _) -> {
                    if (threads.add(Thread.currentThread())) {
                        all.countDown();
                        await(all);
                    }
                });
        workers.close();
        threads.remove(Thread.currentThread());
        for (Thread thread : threads) {
            thread.join(10_000);
            assertFalse(thread.isAlive());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
