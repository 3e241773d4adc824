package dev.twinbolt.engine.speed;

import java.util.Locale;

/// What crossing a link takes.
///
/// @param roundTripSeconds from a small question to its answer
/// @param bytesPerSecond in one direction
public record LinkSpeed(double roundTripSeconds, double bytesPerSecond) {
    /// Of a device in this machine.
    public static final LinkSpeed NONE = new LinkSpeed(0, Double.POSITIVE_INFINITY);

    public LinkSpeed {
        boolean isTime = roundTripSeconds >= 0 && Double.isFinite(roundTripSeconds);
        if (!isTime || !(bytesPerSecond > 0)) {
            throw new IllegalArgumentException(
                    "a link takes 0 s or more and carries more than 0 bytes/s, got %s s and %s bytes/s"
                            .formatted(roundTripSeconds, bytesPerSecond));
        }
    }

    /// What a question and its answer take that carry `bytes` together.
    public double seconds(double bytes) {
        return roundTripSeconds + bytes / bytesPerSecond;
    }

    /// For people, such as `0.6 ms and 12.0 Gbit/s`.
    String describe() {
        return String.format(
                Locale.ROOT,
                "%.3g ms and %.3g Gbit/s",
                roundTripSeconds * 1e3,
                bytesPerSecond * 8 / 1e9);
    }
}
