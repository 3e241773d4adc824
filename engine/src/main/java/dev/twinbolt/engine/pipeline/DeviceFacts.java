package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.speed.DeviceSpeed;
import org.jspecify.annotations.Nullable;

/// What placement knows of a device.
///
/// @param isHost whether it is the host's own CPU, which keeps the embedding and the head
/// @param isLocal whether it is in the host; else every pass crosses its link there and back
/// @param speed null where it is unknown
public record DeviceFacts(
        String name,
        boolean isHost,
        boolean isLocal,
        long freeBytes,
        long totalBytes,
        @Nullable DeviceSpeed speed) {
    private static final long LEAST_RESERVE_BYTES = 1L << 30;
    private static final int RESERVE_PERCENT = 15;

    /// The host, or a node of unknown speed.
    public DeviceFacts(String name, boolean isHost, long freeBytes, long totalBytes) {
        this(name, isHost, isHost, freeBytes, totalBytes, null);
    }

    /// Without a speed.
    public static DeviceFacts of(Device device, boolean isHost) {
        return of(device, isHost, null);
    }

    public static DeviceFacts of(Device device, boolean isHost, @Nullable DeviceSpeed speed) {
        DeviceMemory memory = device.memory();
        return new DeviceFacts(
                device.name(),
                isHost,
                device.isLocal(),
                memory.freeBytes(),
                memory.totalBytes(),
                speed);
    }

    /// The same with `sizeBytes` more of it free.
    public DeviceFacts withMoreFree(long sizeBytes) {
        return new DeviceFacts(name, isHost, isLocal, freeBytes + sizeBytes, totalBytes, speed);
    }

    /// What may be used of it: all that is free on the host, elsewhere all but the larger of 1 GiB
    /// and 15 %.
    long roomBytes() {
        return isHost
                ? freeBytes
                : freeBytes - Math.max(LEAST_RESERVE_BYTES, totalBytes / 100 * RESERVE_PERCENT);
    }

    /// What a stage takes of its memory. The host computes on the mapped file itself, so weights
    /// take none there.
    long neededBytes(long weightBytes, long otherBytes) {
        return isHost ? otherBytes : weightBytes + otherBytes;
    }
}
