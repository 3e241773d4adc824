package dev.twinbolt.engine.speed;

import dev.twinbolt.engine.device.UserCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What was measured of devices, in a text file of this user: a line that names the format, then
/// one per device, its numbers first and its name last. Another format, damage and age read as
/// nothing known; where the file cannot be written, nothing is remembered.
public final class SpeedCache {
    private static final String FORMAT = "twinbolt speeds 1";
    private static final Duration KEPT = Duration.ofDays(30);

    /// Far more devices than anybody has; a longer file is not ours.
    private static final long MAX_BYTES = 1 << 16;

    private final @Nullable Path file;

    /// A cache in `file`; one that remembers nothing where it is null.
    public SpeedCache(@Nullable Path file) {
        this.file = file;
    }

    /// The file `speeds.txt` in this user's cache folder.
    public static SpeedCache ofUser() {
        return new SpeedCache(
                UserCache.folder().map(folder -> folder.resolve("speeds.txt")).orElse(null));
    }

    private record Line(Instant measured, DeviceSpeed speed, String key) {
        /// Empty where `text` is no such line.
        static Optional<Line> parse(String text) {
            String[] words = text.split(" ", 6);
            if (words.length < 6) {
                return Optional.empty();
            }
            try {
                LinkSpeed link = new LinkSpeed(number(words[3]), number(words[4]));
                return Optional.of(
                        new Line(
                                Instant.ofEpochSecond(Long.parseLong(words[0])),
                                new DeviceSpeed(number(words[1]), number(words[2]), link),
                                words[5]));
            } catch (IllegalArgumentException | java.time.DateTimeException e) {
                return Optional.empty();
            }
        }

        private static double number(String word) {
            return Double.parseDouble(word);
        }

        String text() {
            return "%d %s %s %s %s %s"
                    .formatted(
                            measured.getEpochSecond(),
                            speed.bytesPerSecond(),
                            speed.operationsPerSecond(),
                            speed.link().roundTripSeconds(),
                            speed.link().bytesPerSecond(),
                            key);
        }
    }

    /// What was measured of the device that `key` names, in the 30 days before `now`.
    public Optional<DeviceSpeed> find(String key, Instant now) {
        return line(key, now).map(Line::speed);
    }

    /// When [#find] was measured.
    public Optional<Instant> measured(String key, Instant now) {
        return line(key, now).map(Line::measured);
    }

    private Optional<Line> line(String key, Instant now) {
        return lines(now).stream().filter(line -> line.key().equals(oneLine(key))).findFirst();
    }

    /// Remembers `speed`, and forgets what is too old. Of several programs at once the last wins.
    public void put(String key, DeviceSpeed speed, Instant now) {
        if (file == null) {
            return;
        }
        List<String> texts = new ArrayList<>(List.of(FORMAT));
        texts.add(new Line(now, speed, oneLine(key)).text());
        for (Line line : lines(now)) {
            if (!line.key().equals(oneLine(key))) {
                texts.add(line.text());
            }
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        try {
            Files.createDirectories(folder);
            Path fresh = Files.createTempFile(folder, "new-", ".tmp");
            try {
                Files.write(fresh, texts);
                Files.move(
                        fresh,
                        file,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (IOException e) {
            // It is measured again the next time.
        }
    }

    private List<Line> lines(Instant now) {
        try {
            if (file == null || !Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                return List.of();
            }
            String[] texts =
                    new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\\R");
            List<Line> lines = new ArrayList<>();
            for (int i = 1; i < texts.length && texts[0].equals(FORMAT); i++) {
                Line.parse(texts[i]).filter(line -> isFresh(line, now)).ifPresent(lines::add);
            }
            return lines;
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean isFresh(Line line, Instant now) {
        return !line.measured().isAfter(now) && line.measured().isAfter(now.minus(KEPT));
    }

    private static String oneLine(String key) {
        return key.replaceAll("\\R", " ");
    }
}
