package dev.twinbolt.bench;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.device.Device;
import java.util.List;
import java.util.stream.Collectors;

/// The devices that a test's layers are on.
///
/// @param cpu the local CPU, its kernels and threads
/// @param others the descriptions of the other devices
/// @param backends their kinds, such as `RPC`; `CPU` where there are none
record MachineFacts(String cpu, String others, String backends) {
    private static final String CPU = "CPU";

    static MachineFacts of(Engine engine) {
        List<Device> all = engine.devices();
        List<Device> others =
                engine.plan().placement().stages().stream()
                        .map(stage -> all.get(stage.device()))
                        .filter(device -> !device.equals(all.getLast()))
                        .distinct()
                        .toList();
        String backends =
                others.stream()
                        .map(device -> device.name().replaceAll("[\\d\\[].*", ""))
                        .distinct()
                        .collect(Collectors.joining(","));
        return new MachineFacts(
                all.getLast().description(),
                others.stream().map(Device::description).collect(Collectors.joining(", ")),
                backends.isEmpty() ? CPU : backends);
    }

    boolean isCpuOnly() {
        return backends.equals(CPU);
    }
}
