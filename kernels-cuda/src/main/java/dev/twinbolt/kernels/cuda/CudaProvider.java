package dev.twinbolt.kernels.cuda;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceProvider;
import java.util.List;

/// Finds no device: this version has no kernels for CUDA.
public final class CudaProvider implements DeviceProvider {
    @Override
    public String kind() {
        return "CUDA";
    }

    @Override
    public List<Device> open(DeviceConfig config) {
        return List.of();
    }

    @Override
    public String unavailableReason(DeviceConfig config) {
        return "no devices: this version has no CUDA kernels yet";
    }
}
