package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Failing, giving up and closing, while a stage is at work.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SchedulerTest {
    private static final int MICRO_BATCH = 128;
    private static final Capacity CAPACITY = new Capacity(512, MICRO_BATCH, 3);

    /// None of the other tests takes so long.
    private static final Duration LIMIT = Duration.ofSeconds(2);

    @TempDir Path folder;
    private final HeldDevice device = new HeldDevice();
    private final CompletableFuture<Void> loss = new CompletableFuture<>();
    private volatile long limitNanos = LIMIT.toNanos();
    private final AtomicIntegerArray positions = new AtomicIntegerArray(CAPACITY.conversations());
    private GgufFile file;
    private Stage stage;
    private Scheduler scheduler;

    @BeforeEach
    void load() throws Exception {
        file = GgufFile.open(new TinyLlama(1).writeWhole(folder));
        Model model = Model.of(file);
        stage = Stage.load(file, model, device, new StageRange(true, 0, 1, true), _ -> {});
        StageRun run = new StageRun(stage, CAPACITY);
        int vocabSize = model.architecture().vocabSize();
        ReplyLimit limit = (_, _, _) -> limitNanos;
        scheduler = new Scheduler(List.of(run), loss, limit, CAPACITY, vocabSize);
    }

    @AfterEach
    void close() {
        scheduler.close();
        stage.close();
        file.close();
    }

    private Feed submit(int slot, int tokens) {
        Feed feed =
                new Feed(
                        slot,
                        0,
                        new int[tokens],
                        1,
                        () -> false,
                        count -> positions.set(slot, count),
                        1);
        scheduler.submit(feed);
        return feed;
    }

    private static void await(Feed feed) throws Exception {
        try {
            feed.done().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw (Exception) e.getCause();
        }
    }

    private static Throwable failure(Feed feed) {
        Exception failure = assertThrows(Exception.class, () -> await(feed));
        assertFalse(failure instanceof TimeoutException, "still waited for");
        return failure;
    }

    /// A token of slot 0 and one of slot 1 in one pass.
    private record Shared(Feed first, Feed second, HeldDevice.Held pass) {}

    private Shared share() throws Exception {
        Feed before = submit(2, 1);
        HeldDevice.Held alone = device.next();
        Feed first = submit(0, 1);
        Feed second = submit(1, 1);
        alone.finish(); // both wait by now, as the thread hears everything in order
        await(before);
        Shared shared = new Shared(first, second, device.next());
        assertTrue(device.isIdle(), "a pass for each");
        return shared;
    }

    @Test
    void whoGaveUpStaysWhereItWasWhenASharedPassArrives() throws Exception {
        Shared shared = share();
        scheduler.cancel(shared.first());
        assertInstanceOf(CancellationException.class, failure(shared.first()));
        assertFalse(shared.pass().isCancelled());
        shared.pass().finish();
        await(shared.second());
        assertEquals(1, positions.get(1));
        assertEquals(0, positions.get(0));
        assertEquals(0, shared.first().fed());
    }

    @Test
    void nothingMoreIsComputedOfWhatWasGivenUp() throws Exception {
        Feed prompt = submit(0, 3 * MICRO_BATCH);
        List<HeldDevice.Held> entered = List.of(device.next(), device.next());
        scheduler.cache(1).get(10, TimeUnit.SECONDS); // all that may enter has entered
        assertTrue(device.isIdle(), "a third pass before the first has left");
        scheduler.cancel(prompt);
        assertInstanceOf(CancellationException.class, failure(prompt));
        entered.forEach(pass -> assertTrue(pass.isCancelled()));
        Feed other = submit(1, 1);
        device.next().finish();
        await(other);
        assertTrue(device.isIdle(), "a pass of the prompt");
        assertEquals(0, positions.get(0));
    }

    @Test
    void aFailureReachesAllThatShareThePassAndNobodyElse() throws Exception {
        Shared shared = share();
        Feed prompt = submit(2, 2);
        HeldDevice.Held behind = device.next();
        DeviceException failure = new DeviceException("no such op");
        shared.pass().fail(failure);
        assertSame(failure, failure(shared.first()));
        assertSame(failure, failure(shared.second()));
        behind.finish();
        await(prompt);
    }

    @Test
    void aListenerIsToldOfEachPassAndItsFailureIsThatPasssAlone() throws Exception {
        List<List<Integer>> told = new ArrayList<>();
        scheduler.onPass(pass -> told.add(List.of(pass.tokens(), pass.conversations())));
        Shared shared = share();
        shared.pass().finish();
        await(shared.first());
        await(shared.second());
        assertEquals(List.of(List.of(1, 1), List.of(2, 2)), told);
        ArithmeticException failure = new ArithmeticException("the listener's");
        scheduler.onPass(
                _ -> {
                    throw failure;
                });
        Feed failing = submit(0, 1);
        device.next().finish();
        assertSame(failure, failure(failing));
        scheduler.onPass(null);
        Feed next = submit(0, 1);
        device.next().finish();
        await(next);
    }

    @Test
    void aLossEndsWhatIsUnderWayAndWhatWaits() throws Exception {
        Feed entered = submit(0, 1);
        HeldDevice.Held pass = device.next();
        Feed waiting = submit(1, 1);
        DeviceException.Lost lost = new DeviceException.Lost("the node closed the connection");
        loss.completeExceptionally(lost);
        assertSame(lost, failure(entered));
        assertSame(lost, failure(waiting));
        assertSame(lost, failure(submit(2, 1)));
        assertTrue(pass.isCancelled());
    }

    @Test
    void closingEndsWhatIsUnderWayAndWhatWaits() throws Exception {
        Feed entered = submit(0, 1);
        HeldDevice.Held pass = device.next();
        Feed waiting = submit(1, 1);
        scheduler.close();
        assertInstanceOf(IllegalStateException.class, failure(entered));
        assertInstanceOf(IllegalStateException.class, failure(waiting));
        assertInstanceOf(IllegalStateException.class, failure(submit(2, 1)));
        assertTrue(pass.isCancelled());
    }

    @Test
    void aPromptGoesInLargePassesOnceNobodyElseGenerates() throws Exception {
        Feed answered = submit(0, 1);
        device.next().finish();
        await(answered);
        scheduler.leave(0);
        Feed givenUp = submit(1, 1);
        device.next();
        scheduler.cancel(givenUp);
        Feed prompt = submit(2, MICRO_BATCH);
        device.next().finish();
        await(prompt);
        assertEquals(1, prompt.work(0).passes());
    }

    @Test
    void promptsTakeTurns() throws Exception {
        Feed first = submit(0, 3 * MICRO_BATCH);
        List<HeldDevice.Held> entered = List.of(device.next(), device.next());
        Feed second = submit(1, MICRO_BATCH);
        entered.forEach(HeldDevice.Held::finish);
        device.next().finish(); // half a micro-batch each, as they are two
        device.next().finish();
        // Each enters when one of those has arrived.
        List<HeldDevice.Held> last = List.of(device.next(), device.next());
        assertEquals(2 * MICRO_BATCH + MICRO_BATCH / 2, positions.get(0));
        assertEquals(MICRO_BATCH / 2, positions.get(1));
        last.forEach(HeldDevice.Held::finish);
        await(first);
        await(second);
    }

    @Test
    void givingUpWhatIsDoneIsNoMatterToItsSlot() throws Exception {
        Feed done = submit(0, 1);
        device.next().finish();
        await(done);
        Feed next = submit(0, 1);
        HeldDevice.Held pass = device.next();
        scheduler.cancel(done);
        Feed prompt = submit(1, MICRO_BATCH);
        device.next().finish();
        device.next().finish(); // in two, as slot 0 generates
        await(prompt);
        assertEquals(2, prompt.work(0).passes());
        pass.finish();
        await(next);
    }

    @Test
    void aDeviceThatTakesTooLongIsLost() throws Exception {
        device.whenAbandoned(
                why -> loss.completeExceptionally(new DeviceException.Lost(device.name() + why)));
        Feed prompt = submit(0, 2 * MICRO_BATCH);
        Thread.sleep(LIMIT.toMillis() / 2);
        device.next().finish();
        Thread.sleep(LIMIT.toMillis() * 3 / 4); // the second one has its own time
        assertFalse(prompt.done().isDone());
        Throwable failure = failure(prompt);
        assertInstanceOf(DeviceException.Lost.class, failure);
        assertTrue(String.valueOf(failure.getMessage()).contains("no reply for 2.0 s"));
    }

    @Test
    void aDeviceThatStandsInTheSchedulersWayIsLost() throws Exception {
        limitNanos = LIMIT.toNanos() / 20;
        DeviceException.Lost lost = new DeviceException.Lost("no reply");
        device.whenAbandoned(_ -> loss.completeExceptionally(lost));
        device.whenAsked(
                () -> {
                    loss.exceptionally(_ -> null).orTimeout(5, TimeUnit.SECONDS).join();
                    throw lost;
                });
        Feed entered = submit(0, 1);
        Feed waiting = submit(1, 1);
        assertSame(lost, failure(entered));
        assertSame(lost, failure(waiting));
    }

    /// The scheduler's thread comes to what it was told only when the caller waits for its end.
    @Test
    void whoIsInterruptedClosesAllTheSame() {
        Thread closing = Thread.currentThread();
        device.whenAsked(
                () -> {
                    while (closing.getState() != Thread.State.TIMED_WAITING) {
                        Thread.onSpinWait();
                    }
                });
        Feed entered = submit(0, 1);
        Feed waiting = submit(1, 1);
        closing.interrupt();
        scheduler.close();
        assertTrue(Thread.interrupted());
        assertInstanceOf(IllegalStateException.class, failure(entered));
        assertInstanceOf(IllegalStateException.class, failure(waiting));
    }

    @Test
    void aSlotsCacheIsGivenOnceNoPassFeedsIt() throws Exception {
        Feed feed = submit(1, 1);
        HeldDevice.Held pass = device.next();
        CompletableFuture<SlotCache> cache = scheduler.cache(1);
        scheduler.cache(0).get(10, TimeUnit.SECONDS);
        assertFalse(cache.isDone());
        pass.finish();
        await(feed);
        assertEquals(KvCache.slotCells(CAPACITY), cache.get(10, TimeUnit.SECONDS).firstCell());
    }
}
