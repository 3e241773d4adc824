package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MicroBatchesTest {
    private static final int MOST = 512;
    private static final int PROMPT = 1024;

    private static MicroBatches two() {
        return new MicroBatches(2, 2, MOST);
    }

    /// `times` passes of one token and of 64 tokens, of which each adds `tokenNanos`.
    private static void record(
            MicroBatches batches, int stage, int times, long singleNanos, long tokenNanos) {
        for (int i = 0; i < times; i++) {
            batches.record(stage, 1, singleNanos);
            batches.record(stage, 64, singleNanos + 64 * tokenNanos);
        }
    }

    @Test
    void aCpuIsSupposedUntilMoreIsKnown() {
        MicroBatches batches = two();
        assertEquals(64, batches.size(PROMPT)); // the root of 1024 · 4
        batches.record(0, 1, 1000);
        assertEquals(64, batches.size(PROMPT));
        batches.record(0, 64, 1000 + 64);
        assertEquals(MOST, batches.size(PROMPT));
    }

    @Test
    void whatOneTokenCostsMakesThemLargerAndWhatEachAddsSmaller() {
        MicroBatches slowLink = two();
        record(slowLink, 1, 1, 1600, 100);
        assertEquals(128, slowLink.size(PROMPT)); // the root of 1024 · 16
        MicroBatches slowArithmetic = two();
        record(slowArithmetic, 1, 1, 100, 100);
        assertEquals(32, slowArithmetic.size(PROMPT)); // the root of 1024 · 1
    }

    @Test
    void followsALinkThatGetsSlower() {
        MicroBatches batches = two();
        record(batches, 0, 1, 100, 100);
        assertEquals(32, batches.size(PROMPT));
        record(batches, 0, 1, 1700, 100);
        assertEquals(69, batches.size(PROMPT)); // a quarter of the news
        record(batches, 0, 50, 1700, 100);
        assertEquals(128, batches.size(PROMPT));
    }

    @Test
    void theSlowestStageDecides() {
        MicroBatches batches = two();
        record(batches, 0, 1, 100, 100);
        record(batches, 1, 1, 1600 * 2, 100 * 2);
        assertEquals(128, batches.size(PROMPT));
        record(batches, 0, 50, 1000, 900);
        assertEquals(32, batches.size(PROMPT));
    }

    @Test
    void passesOfAFewTokensTeachNothing() {
        MicroBatches batches = two();
        record(batches, 0, 1, 1600, 100);
        batches.record(0, 15, 1_000_000);
        assertEquals(128, batches.size(PROMPT));
    }

    @Test
    void moreStagesMeanSmallerOnes() {
        assertEquals(32, new MicroBatches(5, 5, MOST).size(PROMPT)); // the root of 1024 · 4 / 4
    }

    @Test
    void allAreAboutEqualAndWithinBounds() {
        MicroBatches batches = two();
        assertEquals(63, batches.size(1000)); // 63 fit best, in 16 passes
        assertEquals(20, batches.size(100)); // the root of 400 is 20
        assertEquals(14, batches.size(28)); // two rather than 16 and 12
        assertEquals(2, batches.size(2));
        assertEquals(8, new MicroBatches(2, 2, 8).size(PROMPT));
        assertEquals(MOST, new MicroBatches(3, 1, MOST).size(PROMPT), "nobody else waits");
    }
}
