package dev.twinbolt.engine.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeedCacheTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final DeviceSpeed CPU = new DeviceSpeed(1.25e10, 2e11, LinkSpeed.NONE);
    private static final DeviceSpeed NODE =
            new DeviceSpeed(7e11, 9e13, new LinkSpeed(0.0006, 1.5e9));

    @TempDir Path folder;
    private Path file;
    private SpeedCache cache;

    @BeforeEach
    void open() {
        file = folder.resolve("twinbolt/speeds.txt");
        cache = new SpeedCache(file);
    }

    @Test
    void remembersWhatWasPut() {
        assertEquals(Optional.empty(), cache.find("Q4_K CPU: some, 2 threads", NOW));
        cache.put("Q4_K CPU: some, 2 threads", CPU, NOW);
        cache.put("Q4_K node\nat 10.0.0.2:50052", NODE, NOW);
        cache.put("Q4_K CPU: some, 2 threads", CPU, NOW);
        SpeedCache next = new SpeedCache(file);
        assertEquals(Optional.of(CPU), next.find("Q4_K CPU: some, 2 threads", NOW));
        assertEquals(
                Optional.of(NOW),
                next.measured("Q4_K CPU: some, 2 threads", NOW.plus(Duration.ofDays(3))));
        assertEquals(Optional.empty(), next.measured("Q8_0 CPU: some, 2 threads", NOW));
        assertEquals(Optional.of(NODE), next.find("Q4_K node\nat 10.0.0.2:50052", NOW));
        assertEquals(Optional.empty(), next.find("Q8_0 CPU: some, 2 threads", NOW));
    }

    @Test
    void leavesNothingBesideItsFile() throws Exception {
        cache.put("a", CPU, NOW);
        try (var files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList());
        }
        assertEquals(2, Files.readAllLines(file).size());
    }

    @Test
    void forgetsAfterAMonthAndDoesNotBelieveTheFuture() throws Exception {
        cache.put("a", CPU, NOW);
        assertEquals(Optional.of(CPU), cache.find("a", NOW.plus(Duration.ofDays(29))));
        assertEquals(Optional.empty(), cache.find("a", NOW.plus(Duration.ofDays(31))));
        assertEquals(Optional.empty(), cache.find("a", NOW.minusSeconds(1)));
        cache.put("b", CPU, NOW.plus(Duration.ofDays(31)));
        assertFalse(Files.readString(file).contains(" a\n"), Files.readString(file));
    }

    @Test
    void readsRubbishAsNothingKnown() throws Exception {
        Files.createDirectories(file.getParent());
        String good = "1799999999 1.0E10 2.0E11 0.0 Infinity a";
        for (String text :
                List.of(
                        "",
                        "twinbolt speeds 2\n" + good,
                        good,
                        "twinbolt speeds 1\n1799999999 x 2.0E11 0.0 Infinity a",
                        "twinbolt speeds 1\n1799999999 -1 2.0E11 0.0 Infinity a",
                        "twinbolt speeds 1\n1799999999 NaN 2.0E11 0.0 Infinity a",
                        "twinbolt speeds 1\n1799999999 Infinity 2.0E11 0.0 Infinity a",
                        "twinbolt speeds 1\n1799999999 1.0E10 0 0.0 Infinity a",
                        "twinbolt speeds 1\n1799999999 1.0E10 2.0E11 -0.1 Infinity a",
                        "twinbolt speeds 1\n1799999999 1.0E10 2.0E11 NaN Infinity a",
                        "twinbolt speeds 1\n1799999999 1.0E10 2.0E11 0.0 NaN a",
                        "twinbolt speeds 1\n1799999999 1.0E10 2.0E11 0.0 0 a",
                        "twinbolt speeds 1\n9223372036854775807 1 1 0 1 a",
                        "twinbolt speeds 1\n1799999999 1.0E10")) {
            Files.writeString(file, text);
            assertEquals(Optional.empty(), cache.find("a", NOW), text);
        }
        byte[] binary = new byte[1 << 17];
        Files.write(file, binary);
        assertEquals(Optional.empty(), cache.find("a", NOW));
        String known = "twinbolt speeds 1\n" + good + "\n";
        Files.writeString(file, known + " ".repeat((1 << 16) - known.length()));
        assertTrue(cache.find("a", NOW).isPresent());
        Files.writeString(file, known + " ".repeat((1 << 16) + 1 - known.length()));
        assertEquals(Optional.empty(), cache.find("a", NOW), "too long");
        Files.writeString(file, "twinbolt speeds 1\nrubbish\n" + good);
        assertEquals(
                Optional.of(new DeviceSpeed(1e10, 2e11, LinkSpeed.NONE)), cache.find("a", NOW));
        cache.put("b", CPU, NOW);
        assertFalse(Files.readString(file).contains("rubbish"));
    }

    @Test
    void aFileThatCannotBeWrittenIsNoError() throws Exception {
        Path plain = folder.resolve("plain");
        Files.createFile(plain);
        SpeedCache nowhere = new SpeedCache(plain.resolve("speeds.txt"));
        nowhere.put("a", CPU, NOW);
        assertEquals(Optional.empty(), nowhere.find("a", NOW));
        new SpeedCache(null).put("a", CPU, NOW);
        assertEquals(Optional.empty(), new SpeedCache(null).find("a", NOW));
    }
}
