package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceMemory;

/// What placement knows of a device.
///
/// @param isHost whether it is the host's own CPU, which keeps the embedding and the head
public record DeviceFacts(String name, boolean isHost, long freeBytes, long totalBytes) {
    public static DeviceFacts of(Device device, boolean isHost) {
        DeviceMemory memory = device.memory();
        return new DeviceFacts(device.name(), isHost, memory.freeBytes(), memory.totalBytes());
    }
}
