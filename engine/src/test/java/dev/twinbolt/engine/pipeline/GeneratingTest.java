package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GeneratingTest {
    private static final BitSet ALL = slots(0, 1, 2, 3, 4, 5, 6, 7);

    private long now = 5;
    private final Generating generating = new Generating(8, () -> now);

    private static BitSet slots(int... slots) {
        BitSet set = new BitSet();
        for (int slot : slots) {
            set.set(slot);
        }
        return set;
    }

    @Test
    void countsThoseThatWaitAndThoseThatGotATokenAMomentAgo() {
        assertEquals(0, generating.count());
        generating.feed(0, 1);
        generating.feed(3, 9);
        assertEquals(2, generating.count());
        generating.answer(0);
        now += TimeUnit.SECONDS.toNanos(1) - 1;
        assertEquals(2, generating.count());
        now++;
        assertEquals(1, generating.count());
        generating.feed(0, 1);
        assertEquals(2, generating.count());
    }

    @Test
    void whoLeftCountsNoMoreAndIsNotWaitedFor() {
        generating.feed(0, 1);
        generating.feed(1, 1);
        generating.answer(1);
        generating.leave(0);
        assertEquals(1, generating.count());
        assertEquals(100, generating.patience(ALL, 100));
        generating.leave(1);
        assertEquals(0, generating.count());
        assertEquals(0, generating.patience(ALL, 100));
    }

    @Test
    void waitsForTheLastOfTheGroupThatGotAToken() {
        generating.feed(2, 1);
        assertEquals(0, generating.patience(ALL, 100), "it waits itself");
        generating.answer(1);
        now += 30;
        generating.answer(2);
        now += 20;
        assertEquals(80, generating.patience(ALL, 100));
        assertEquals(50, generating.patience(slots(0, 1), 100));
        generating.feed(2, 1);
        assertEquals(50, generating.patience(ALL, 100));
        now += 50;
        assertEquals(0, generating.patience(ALL, 100));
    }

    @Test
    void groupsAreNeighboursAndAsEqualAsTheyCanBe() {
        for (int slot : new int[] {0, 2, 3, 6, 7}) {
            generating.feed(slot, 1);
        }
        generating.answer(3);
        assertEquals(slots(0, 2, 3, 6, 7), generating.group(3, 1));
        for (int slot : new int[] {0, 2, 3}) {
            assertEquals(slots(0, 2, 3), generating.group(slot, 2));
        }
        assertEquals(slots(6, 7), generating.group(6, 2));
        assertEquals(slots(3, 6), generating.group(6, 3));
        assertEquals(slots(2), generating.group(2, 5));
        assertEquals(slots(2), generating.group(2, 9));
    }

    @Test
    void whoFeedsAPromptIsInNoGroup() {
        generating.feed(0, 1);
        generating.feed(1, 2);
        generating.feed(2, 1);
        assertEquals(slots(0, 2), generating.group(2, 1));
        generating.leave(2);
        assertEquals(slots(0), generating.group(0, 1));
        assertEquals(slots(0, 2), generating.group(2, 1), "who asks is");
    }
}
