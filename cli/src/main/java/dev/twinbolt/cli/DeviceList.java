package dev.twinbolt.cli;

import dev.twinbolt.engine.Devices;
import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceMemory;
import dev.twinbolt.engine.device.DeviceProvider;
import dev.twinbolt.engine.pipeline.Placement;

/// The answer to `--list-devices`.
final class DeviceList {
    private DeviceList() {}

    static String of(DeviceConfig config) {
        StringBuilder text = new StringBuilder();
        try (Devices devices = Devices.open(config)) {
            for (Device device : devices.list()) {
                DeviceMemory memory = device.memory();
                text.append(
                        "%s: %s, %s free of %s%n"
                                .formatted(
                                        device.name(),
                                        device.description(),
                                        Placement.bytes(memory.freeBytes()),
                                        Placement.bytes(memory.totalBytes())));
            }
        }
        for (DeviceProvider provider : Devices.providers()) {
            String reason = provider.unavailableReason(config);
            if (!reason.isEmpty()) {
                text.append("%s: %s%n".formatted(provider.kind(), reason));
            }
        }
        return text.toString();
    }
}
