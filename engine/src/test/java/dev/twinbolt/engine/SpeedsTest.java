package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.SpeedCache;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeedsTest {
    private final Device device = new CountingDevice(1 << 30, -1);
    private final List<String> said = new ArrayList<>();

    @Test
    void aSpeedIsRememberedForTheFormatWithWhichItWasMeasured(@TempDir Path folder) {
        SpeedCache cache = new SpeedCache(folder.resolve("speeds.txt"));
        Optional<DeviceSpeed> measured = speed(TensorType.Q4_K, Speeds.Effort.UNKNOWN, cache);
        assertTrue(measured.isPresent());
        assertEquals(measured, speed(TensorType.Q4_K, Speeds.Effort.NONE, cache));
        assertEquals(Optional.empty(), speed(TensorType.Q8_0, Speeds.Effort.NONE, cache));
        assertEquals(List.of("measuring devices for the plan (once a month)"), said);
    }

    private Optional<DeviceSpeed> speed(TensorType type, Speeds.Effort effort, SpeedCache cache) {
        return new Speeds(type, effort, cache, said::add).of(device);
    }
}
