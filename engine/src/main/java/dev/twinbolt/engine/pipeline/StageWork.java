package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.speed.LinkSpeed;

/// What a stage has done.
///
/// @param nanos as [StageStats#computedNanos()]
record StageWork(long passes, long nanos, Traffic traffic) {
    static final StageWork NONE = new StageWork(0, 0, Traffic.NONE);

    StageWork plus(StageWork more) {
        return new StageWork(passes + more.passes, nanos + more.nanos, traffic.plus(more.traffic));
    }

    /// For others; it was done in `wholeNanos` of a conversation or a pass.
    StageStats stats(String device, StageRange range, LinkSpeed link, long wholeNanos) {
        double bytes = traffic.sentBytes() + traffic.receivedBytes();
        double linkSeconds = passes * link.roundTripSeconds() + bytes / link.bytesPerSecond();
        return new StageStats(
                device,
                range,
                passes,
                nanos,
                Math.min(nanos, Math.round(1e9 * linkSeconds)),
                Math.max(0, wholeNanos - nanos),
                traffic);
    }
}
