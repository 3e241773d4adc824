package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// How long a device of another machine may take for a pass before it counts as lost.
@FunctionalInterface
public interface ReplyLimit {
    /// More than any pass takes.
    long NONE_NANOS = TimeUnit.DAYS.toNanos(365);

    ReplyLimit NONE = (_, _, _) -> NONE_NANOS;

    /// Nanoseconds for `tokens` tokens in stage `stage` of the layout, which is on `device`.
    long nanos(int stage, Device device, int tokens);

    /// The same time for each pass.
    static ReplyLimit of(Duration time) {
        return (_, _, _) -> time.toNanos();
    }

    /// For devices of which nothing else tells that they hang: ten times what is predicted for the
    /// tokens one by one, and time enough for a first pass that readies a device for the others;
    /// five minutes where nothing is predicted, as `prediction` is null.
    static ReplyLimit of(@Nullable Prediction prediction) {
        return (stage, device, tokens) -> {
            if (device.isWatched()) {
                return NONE_NANOS;
            }
            if (prediction == null) {
                return UNKNOWN_NANOS;
            }
            double seconds = FACTOR * tokens * prediction.stages().get(stage).seconds();
            return LEAST_NANOS + (long) (1e9 * seconds);
        };
    }

    double FACTOR = 10;

    long LEAST_NANOS = TimeUnit.SECONDS.toNanos(10);

    long UNKNOWN_NANOS = TimeUnit.MINUTES.toNanos(5);
}
