package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.speed.DeviceSpeed;

/// What a stage is predicted to take for one token.
///
/// @param linkSeconds 0 for a stage on the host
public record StageTime(Placement.Stage stage, double computeSeconds, double linkSeconds) {
    /// The pace at which a host reads weights that do not stay in its memory, in bytes per second:
    /// a plain SSD's.
    static final double DISK_BYTES_PER_SECOND = 1e9;

    public double seconds() {
        return computeSeconds + linkSeconds;
    }

    /// To read `readBytes` on `device`, whose stages need `residentBytes` of memory.
    static double computeSeconds(DeviceFacts device, double readBytes, long residentBytes) {
        double rate = speed(device).bytesPerSecond();
        return readBytes
                / (readsDisk(device, residentBytes) ? Math.min(rate, DISK_BYTES_PER_SECOND) : rate);
    }

    /// The mapped file of a host runs through a memory that is too small, and each token finds what
    /// it needs dropped again.
    static boolean readsDisk(DeviceFacts device, long residentBytes) {
        return device.isHost() && residentBytes > device.freeBytes();
    }

    /// To bring the activations of `tokens` from the host to `device` and back: also between two
    /// nodes they go through the host.
    static double linkSeconds(DeviceFacts device, ModelCost cost, int tokens) {
        return device.isLocal()
                ? 0
                : speed(device).link().seconds(2 * cost.activationBytes() * tokens);
    }

    static DeviceSpeed speed(DeviceFacts device) {
        DeviceSpeed speed = device.speed();
        if (speed == null) {
            throw new IllegalStateException("the speed of %s is unknown".formatted(device.name()));
        }
        return speed;
    }
}
