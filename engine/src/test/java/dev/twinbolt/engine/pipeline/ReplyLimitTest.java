package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReplyLimitTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final CountingDevice watched = new CountingDevice(1, -1);
    private final CountingDevice unwatched =
            new CountingDevice(1, -1) {
                @Override
                public boolean isWatched() {
                    return false;
                }
            };

    private static StageTime time(double computeSeconds, double linkSeconds) {
        DeviceFacts facts = new DeviceFacts("D0", true, 1, 1);
        StageRange range = new StageRange(true, 0, 1, true);
        Placement.Stage stage = new Placement.Stage(0, facts, range, 0, 0, 0);
        return new StageTime(stage, computeSeconds, linkSeconds);
    }

    @Test
    void isTenTimesWhatIsPredictedForTheStageAndTheTokensAndTenSeconds() {
        List<StageTime> stages = List.of(time(5, 5), time(0.25, 0.5));
        ReplyLimit limit = ReplyLimit.of(new Prediction(stages, 1, 1));
        assertEquals(10 * SECOND + 10 * 750_000_000L, limit.nanos(1, unwatched, 1));
        assertEquals(10 * SECOND + 40 * 750_000_000L, limit.nanos(1, unwatched, 4));
        assertEquals(110 * SECOND, limit.nanos(0, unwatched, 1));
        assertEquals(ReplyLimit.NONE_NANOS, limit.nanos(0, watched, 1));
    }

    @Test
    void isFiveMinutesWhereNothingIsPredictedAndWhatIsAskedForWhereSomethingIs() {
        ReplyLimit unknown = ReplyLimit.of((Prediction) null);
        assertEquals(300 * SECOND, unknown.nanos(0, unwatched, 99));
        assertEquals(ReplyLimit.NONE_NANOS, unknown.nanos(0, watched, 99));
        ReplyLimit asked = ReplyLimit.of(Duration.ofMillis(1500));
        assertEquals(3 * SECOND / 2, asked.nanos(0, unwatched, 99));
        assertEquals(3 * SECOND / 2, asked.nanos(0, watched, 1));
    }
}
