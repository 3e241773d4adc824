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
import org.jspecify.annotations.Nullable;

/// The speeds of devices with weights of one format: what is remembered, and where it is worth the
/// time, what is measured now.
final class Speeds {
    private final TensorType type;
    private final Effort effort;
    private final SpeedCache cache;
    private final Consumer<String> messages;
    private @Nullable Instant oldest;
    private boolean hasSaid;

    /// What is measured when a speed is asked for.
    enum Effort {
        /// Nothing.
        NONE,
        /// What is not remembered.
        UNKNOWN,
        ALL
    }

    /// Says to `messages` that something is measured.
    Speeds(TensorType type, Effort effort, SpeedCache cache, Consumer<String> messages) {
        this.type = type;
        this.effort = effort;
        this.cache = cache;
        this.messages = messages;
    }

    /// Empty where it is unknown.
    Optional<DeviceSpeed> of(Device device) {
        // A node's description has its address.
        String key = type + " " + device.description();
        Instant now = Instant.now();
        Optional<DeviceSpeed> known =
                effort == Effort.ALL ? Optional.empty() : cache.find(key, now);
        cache.measured(key, now).filter(_ -> known.isPresent()).ifPresent(this::remember);
        return known.isPresent() || effort == Effort.NONE ? known : measure(device, key);
    }

    private void remember(Instant measured) {
        oldest = oldest == null || measured.isBefore(oldest) ? measured : oldest;
    }

    /// When the oldest of the speeds that were asked for was measured; null where all are new.
    @Nullable Instant oldest() {
        return oldest;
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
