package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Seconds pass when the test says so.
class ReplyWatchTest {
    private static final int LIMIT = 10;

    private final HeldDevice device = new HeldDevice();
    private final List<String> abandoned = new ArrayList<>();

    /// Before 0, as it may be.
    private long now = TimeUnit.SECONDS.toNanos(-100);

    private final ReplyWatch watch = new ReplyWatch(() -> now);

    @BeforeEach
    void listen() {
        device.whenAbandoned(abandoned::add);
    }

    @AfterEach
    void close() {
        watch.close();
    }

    private CompletableFuture<Void> expect(HeldDevice of) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        watch.expect(of, answer, TimeUnit.SECONDS.toNanos(LIMIT));
        return answer;
    }

    private void pass(int seconds) {
        now += TimeUnit.SECONDS.toNanos(seconds);
    }

    /// The device is in time for so many seconds from now, and late after them.
    private void assertLateAfter(int seconds) {
        pass(seconds);
        watch.look();
        assertEquals(List.of(), abandoned);
        pass(1);
        watch.look();
        assertEquals(1, abandoned.size(), "after one second more");
    }

    @Test
    void thePassThatWasFirstIsLateAfterItsLimitAndItsDeviceIsAbandonedOnce() {
        HeldDevice other = new HeldDevice();
        other.whenAbandoned(why -> abandoned.add("the other: " + why));
        expect(device);
        expect(device);
        pass(1);
        expect(other);
        assertLateAfter(LIMIT - 1);
        assertEquals("no reply for 10.0 s", abandoned.getFirst());
        pass(LIMIT);
        watch.look();
        watch.look();
        assertEquals(List.of("no reply for 10.0 s", "the other: no reply for 10.0 s"), abandoned);
    }

    @Test
    void theTimeOfTheNextBeginsWhenTheOneBeforeWasAnswered() {
        CompletableFuture<Void> first = expect(device);
        expect(device);
        pass(8);
        first.complete(null);
        pass(5);
        watch.look(); // who looks late makes it no longer
        assertLateAfter(LIMIT - 5);
    }

    @Test
    void aPassThatHadNothingBeforeItHasItsTimeFromItsBeginning() {
        expect(device).complete(null);
        pass(3);
        expect(device);
        assertLateAfter(LIMIT);
    }

    @Test
    void theTimeOfACancelledPassIsTheNextOnesToo() {
        CompletableFuture<Void> cancelled = expect(device);
        CompletableFuture<Void> next = expect(device);
        expect(device);
        pass(1);
        cancelled.cancel(false);
        pass(2 * LIMIT - 2);
        watch.look();
        assertEquals(List.of(), abandoned);
        next.complete(null);
        assertLateAfter(LIMIT);
    }
}
