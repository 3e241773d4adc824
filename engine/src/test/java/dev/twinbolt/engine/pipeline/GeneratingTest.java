package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GeneratingTest {
    private long now = 5;
    private final Generating generating = new Generating(4, () -> now);

    @Test
    void countsThoseThatWaitAndThoseThatGotATokenAMomentAgo() {
        assertEquals(0, generating.count());
        generating.feed(0);
        generating.feed(3);
        assertEquals(2, generating.count());
        generating.answer(0);
        now += TimeUnit.SECONDS.toNanos(1) - 1;
        assertEquals(2, generating.count());
        now++;
        assertEquals(1, generating.count());
        generating.feed(0);
        assertEquals(2, generating.count());
    }

    @Test
    void whoLeftCountsNoMoreAndIsNotWaitedFor() {
        generating.feed(0);
        generating.feed(1);
        generating.answer(1);
        generating.leave(0);
        assertEquals(1, generating.count());
        assertEquals(100, generating.patience(100));
        generating.leave(1);
        assertEquals(0, generating.count());
        assertEquals(0, generating.patience(100));
    }

    @Test
    void waitsForTheLastOneThatGotAToken() {
        generating.feed(2);
        assertEquals(0, generating.patience(100), "it waits itself");
        generating.answer(1);
        now += 30;
        generating.answer(2);
        now += 20;
        assertEquals(80, generating.patience(100));
        generating.feed(2);
        assertEquals(50, generating.patience(100));
        now += 50;
        assertEquals(0, generating.patience(100));
    }

    @Test
    void groupsAreAsEqualAsTheyCanBe() {
        assertEquals(1, generating.groupSize(2));
        for (int slot = 0; slot < 3; slot++) {
            generating.feed(slot);
        }
        assertEquals(3, generating.groupSize(1));
        assertEquals(2, generating.groupSize(2));
        assertEquals(1, generating.groupSize(3));
        assertEquals(1, generating.groupSize(5));
    }
}
