package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import java.util.List;

/// A placement and the devices that it was planned for.
public record Layout(Placement placement, List<Device> devices) {
    public Layout {
        devices = List.copyOf(devices);
    }

    Device device(Placement.Stage stage) {
        return devices.get(stage.device());
    }

    long weightBytes() {
        return placement.stages().stream().mapToLong(Placement.Stage::weightBytes).sum();
    }
}
