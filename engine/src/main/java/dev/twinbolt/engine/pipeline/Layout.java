package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import java.util.List;

/// A placement, the devices that it was planned for, and how long they may take.
public record Layout(Placement placement, List<Device> devices, ReplyLimit limit) {
    public Layout {
        devices = List.copyOf(devices);
    }

    /// Without a limit.
    public Layout(Placement placement, List<Device> devices) {
        this(placement, devices, ReplyLimit.NONE);
    }

    Device device(Placement.Stage stage) {
        return devices.get(stage.device());
    }

    long weightBytes() {
        return placement.stages().stream().mapToLong(Placement.Stage::weightBytes).sum();
    }
}
