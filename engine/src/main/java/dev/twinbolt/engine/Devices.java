package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.device.DeviceProvider;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.speed.DeviceSpeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/// The devices that one engine uses: remote ones in the caller's order, local ones, the host's CPU
/// last. Those that are lost may be replaced.
public final class Devices implements AutoCloseable {
    private static final String HOST_KIND = "CPU";

    private volatile List<Device> devices;

    /// Owns `devices`, of which the last is the host's CPU.
    Devices(List<Device> devices) {
        this.devices = List.copyOf(devices);
    }

    /// Opens every device that `config` asks for, from every provider on the class path.
    public static Devices open(DeviceConfig config) {
        List<Device> remote = new ArrayList<>();
        List<Device> local = new ArrayList<>();
        List<Device> host = new ArrayList<>();
        try {
            for (DeviceProvider provider : providers()) {
                List<Device> opened = provider.open(config);
                for (Device device : opened) {
                    boolean isHost = provider.kind().equals(HOST_KIND);
                    (isHost ? host : device.isLocal() ? local : remote).add(device);
                }
            }
            if (host.size() != 1) {
                throw new DeviceException.Unavailable(
                        "no CPU device on the class path; add the kernels-cpu module");
            }
            if (!config.endpoints().isEmpty() && remote.isEmpty()) {
                throw new DeviceException.Unavailable(
                        "no provider for remote devices on the class path; add the transport module");
            }
        } catch (RuntimeException e) {
            remote.forEach(Device::close);
            local.forEach(Device::close);
            host.forEach(Device::close);
            throw e;
        }
        remote.addAll(local);
        remote.addAll(host);
        return new Devices(remote);
    }

    /// The providers on the class path.
    public static List<DeviceProvider> providers() {
        return ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    public List<Device> list() {
        return devices;
    }

    /// Those that went away.
    List<Device> lost() {
        return devices.stream().filter(d -> d.loss().isCompletedExceptionally()).toList();
    }

    /// Closes `lost`, whose place `fresh` takes.
    void replace(Device lost, Device fresh) {
        devices = devices.stream().map(device -> device == lost ? fresh : device).toList();
        lost.close();
    }

    /// Closes `lost` and forgets it.
    void remove(Device lost) {
        devices = devices.stream().filter(device -> device != lost).toList();
        lost.close();
    }

    /// What placement needs to know of each, with the speeds that `speeds` knows; `held` is what is
    /// going to be given back of its memory.
    List<DeviceFacts> facts(Speeds speeds, Map<Device, Long> held) {
        List<DeviceFacts> facts = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            Device device = devices.get(i);
            boolean isHost = i == devices.size() - 1;
            facts.add(
                    DeviceFacts.of(device, isHost, speeds.of(device).orElse(null))
                            .withMoreFree(held.getOrDefault(device, 0L)));
        }
        return facts;
    }

    /// A line for people on each: its name, what it computes with, and what is known of its speed.
    List<String> describe(List<DeviceFacts> facts) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            DeviceSpeed speed = facts.get(i).speed();
            lines.add(
                    "%s: %s%s"
                            .formatted(
                                    devices.get(i).name(),
                                    devices.get(i).description(),
                                    speed == null ? "" : "; " + speed.describe()));
        }
        return lines;
    }

    @Override
    public void close() {
        devices.forEach(Device::close);
    }
}
