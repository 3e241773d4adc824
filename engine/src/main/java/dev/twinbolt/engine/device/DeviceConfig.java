package dev.twinbolt.engine.device;

import java.util.List;

/// What a caller asks of the devices.
///
/// @param threads CPU threads, up to [#MAX_THREADS]; 0 for as many as this process may use
/// @param endpoints remote devices as `host:port`, in the caller's order
public record DeviceConfig(int threads, List<String> endpoints) {
    /// More than any processor has use for, and few enough to start.
    public static final int MAX_THREADS = 512;

    public DeviceConfig {
        endpoints = List.copyOf(endpoints);
        if (threads < 0 || threads > MAX_THREADS) {
            throw new IllegalArgumentException(
                    "%d threads: expected 1 to %d, or 0 for the default"
                            .formatted(threads, MAX_THREADS));
        }
    }
}
