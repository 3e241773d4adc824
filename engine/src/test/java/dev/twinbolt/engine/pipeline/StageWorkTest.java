package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.speed.LinkSpeed;
import org.junit.jupiter.api.Test;

class StageWorkTest {
    private static final StageRange RANGE = new StageRange(false, 2, 4, false);

    /// 2 ms a round trip, a byte a microsecond.
    private static final LinkSpeed LINK = new LinkSpeed(0.002, 1e6);

    private final StageWork one = new StageWork(1, 5_000_000, new Traffic(300, 500, 1));
    private final StageWork two = new StageWork(2, 9_000_000, new Traffic(200, 1000, 3));

    private static StageStats stats(StageWork work, LinkSpeed link, long wholeNanos) {
        return work.stats("D0", RANGE, link, wholeNanos);
    }

    @Test
    void theLinkTakesARoundTripAPassAndTheTimeOfTheBytes() {
        assertEquals(
                new StageStats("D0", RANGE, 1, 5_000_000, 2_800_000, 6_000_000, one.traffic()),
                stats(one, LINK, 11_000_000));
        assertEquals(
                new StageStats(
                        "D0",
                        RANGE,
                        3,
                        14_000_000,
                        8_000_000,
                        6_000_000,
                        new Traffic(500, 1500, 4)),
                stats(one.plus(two), LINK, 20_000_000));
        assertEquals(0, stats(two, LinkSpeed.NONE, 20_000_000).linkNanos());
    }

    @Test
    void noPartIsMoreThanTheWholeOrLessThanNothing() {
        LinkSpeed slow = new LinkSpeed(1, 1e6);
        assertEquals(5_000_000, stats(one, slow, 11_000_000).linkNanos());
        assertEquals(0, stats(one, LINK, 4_000_000).waitedNanos());
    }
}
