package dev.twinbolt.engine.speed;

import java.util.Locale;

/// What a device does in a second.
///
/// @param bytesPerSecond of weights read while tokens are generated one by one
/// @param operationsPerSecond multiplications and additions of a prompt's tokens; a multiply-add is
///   2 of them
/// @param link to the device; [LinkSpeed#NONE] where it is in this machine
public record DeviceSpeed(double bytesPerSecond, double operationsPerSecond, LinkSpeed link) {
    public DeviceSpeed {
        if (!isRate(bytesPerSecond) || !isRate(operationsPerSecond)) {
            throw new IllegalArgumentException(
                    "a device's rates are finite and above 0, got %s bytes/s and %s operations/s"
                            .formatted(bytesPerSecond, operationsPerSecond));
        }
    }

    private static boolean isRate(double rate) {
        return rate > 0 && Double.isFinite(rate);
    }

    /// For people, such as `1008 GB/s, 165 TFLOPS, link 0.6 ms and 12.0 Gbit/s`.
    public String describe() {
        boolean isLarge = operationsPerSecond >= 1e12;
        String text =
                String.format(
                        Locale.ROOT,
                        "%.3g GB/s, %.3g %s",
                        bytesPerSecond / 1e9,
                        operationsPerSecond / (isLarge ? 1e12 : 1e9),
                        isLarge ? "TFLOPS" : "GFLOPS");
        return link.equals(LinkSpeed.NONE) ? text : text + ", link " + link.describe();
    }
}
