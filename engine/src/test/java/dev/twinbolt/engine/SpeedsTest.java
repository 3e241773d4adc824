package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.pipeline.CountingDevice;
import dev.twinbolt.engine.speed.DeviceSpeed;
import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.engine.speed.SpeedCache;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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

    @Test
    void allIsMeasuredAgainWhereThatIsAsked(@TempDir Path folder) {
        SpeedCache cache = new SpeedCache(folder.resolve("speeds.txt"));
        DeviceSpeed old = new DeviceSpeed(1, 1, LinkSpeed.NONE);
        cache.put(TensorType.Q4_K + " " + device.description(), old, Instant.now());
        assertEquals(Optional.of(old), speed(TensorType.Q4_K, Speeds.Effort.UNKNOWN, cache));
        assertEquals(List.of(), said);
        Optional<DeviceSpeed> anew = speed(TensorType.Q4_K, Speeds.Effort.ALL, cache);
        assertTrue(anew.isPresent() && !anew.get().equals(old), "" + anew);
        assertEquals(anew, speed(TensorType.Q4_K, Speeds.Effort.NONE, cache));
    }

    /// Of those that are remembered.
    @Test
    void saysWhenTheOldestWasMeasured(@TempDir Path folder) {
        SpeedCache cache = new SpeedCache(folder.resolve("speeds.txt"));
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        DeviceSpeed known = new DeviceSpeed(1, 1, LinkSpeed.NONE);
        List<Instant> times = List.of(now.minusSeconds(50), now.minusSeconds(90), now);
        Speeds speeds = new Speeds(TensorType.Q4_K, Speeds.Effort.NONE, cache, said::add);
        assertNull(speeds.oldest());
        for (int i = 0; i < times.size(); i++) {
            cache.put("Q4_K device " + i, known, times.get(i));
            assertEquals(Optional.of(known), speeds.of(small("device " + i)));
        }
        assertEquals(times.get(1), speeds.oldest());
        Speeds anew = new Speeds(TensorType.Q4_K, Speeds.Effort.ALL, cache, said::add);
        assertEquals(Optional.empty(), anew.of(small("device 1")));
        assertNull(anew.oldest());
    }

    /// Without the memory to be measured.
    private static Device small(String description) {
        return new CountingDevice(1 << 20, -1) {
            @Override
            public String description() {
                return description;
            }
        };
    }

    @Test
    void aDeviceWithoutTheMemoryForItStaysUnknown(@TempDir Path folder) {
        SpeedCache cache = new SpeedCache(folder.resolve("speeds.txt"));
        Speeds speeds = new Speeds(TensorType.Q4_K, Speeds.Effort.UNKNOWN, cache, said::add);
        assertEquals(Optional.empty(), speeds.of(small("a")));
        assertEquals(Optional.empty(), speeds.of(small("b")));
        assertEquals("measuring devices for the plan (once a month)", said.getFirst());
        assertEquals(3, said.size(), "that once, and of each: " + said);
        for (String line : said.subList(1, 3)) {
            assertTrue(line.startsWith("the speed of counting stays unknown: "), line);
        }
    }

    private Optional<DeviceSpeed> speed(TensorType type, Speeds.Effort effort, SpeedCache cache) {
        return new Speeds(type, effort, cache, said::add).of(device);
    }
}
