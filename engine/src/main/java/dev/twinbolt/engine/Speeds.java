package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.speed.Calibration;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.SpeedCache;
import dev.twinbolt.gguf.TensorType;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/// The speeds of devices with weights of one format: what is remembered, and where it is worth the
/// time, what is measured now.
final class Speeds {
    private final TensorType type;
    private final boolean measures;
    private final SpeedCache cache;
    private final Consumer<String> messages;
    private boolean hasSaid;

    /// Measures what is not remembered only where `measures`, and says so to `messages`.
    Speeds(TensorType type, boolean measures, SpeedCache cache, Consumer<String> messages) {
        this.type = type;
        this.measures = measures;
        this.cache = cache;
        this.messages = messages;
    }

    /// Empty where it is unknown.
    Optional<DeviceSpeed> of(Device device) {
        // A node's description has its address.
        String key = type + " " + device.description();
        Optional<DeviceSpeed> known = cache.find(key, Instant.now());
        return known.isPresent() || !measures ? known : measure(device, key);
    }

    private Optional<DeviceSpeed> measure(Device device, String key) {
        if (!hasSaid) {
            messages.accept("measuring devices for the plan (once a month)");
            hasSaid = true;
        }
        try {
            DeviceSpeed speed = Calibration.measure(device, type);
            cache.put(key, speed, Instant.now());
            return Optional.of(speed);
        } catch (DeviceException.OutOfMemory e) {
            messages.accept(
                    "the speed of %s stays unknown: %s".formatted(device.name(), e.getMessage()));
            return Optional.empty();
        }
    }
}
