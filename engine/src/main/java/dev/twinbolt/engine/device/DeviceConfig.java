package dev.twinbolt.engine.device;

import java.util.List;

/// What a caller asks of the devices.
///
/// @param threads CPU threads; 0 for as many as this process may use
/// @param endpoints remote devices as `host:port`, in the caller's order
public record DeviceConfig(int threads, List<String> endpoints) {
    public DeviceConfig {
        endpoints = List.copyOf(endpoints);
        if (threads < 0) {
            throw new IllegalArgumentException("threads: expected 0 or more, got " + threads);
        }
    }
}
