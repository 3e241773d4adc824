package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceProvider;
import java.util.List;

/// This machine's CPU, always one device.
public final class CpuProvider implements DeviceProvider {
    @Override
    public String kind() {
        return "CPU";
    }

    @Override
    public List<Device> open(DeviceConfig config) {
        int threads = config.threads();
        return List.of(
                new CpuDevice(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads));
    }

    @Override
    public String unavailableReason(DeviceConfig config) {
        return "";
    }
}
