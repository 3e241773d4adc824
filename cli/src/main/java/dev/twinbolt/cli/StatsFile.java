package dev.twinbolt.cli;

import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.StageRange;
import dev.twinbolt.engine.pipeline.StageStats;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The file of `--stats-json`: one JSON object a line for each forward pass, written at once.
final class StatsFile implements Consumer<PassStats>, AutoCloseable {
    private final Path path;
    private final BufferedWriter out;
    private @Nullable IOException failure;

    private StatsFile(Path path, BufferedWriter out) {
        this.path = path;
        this.out = out;
    }

    static StatsFile create(Path path) {
        try {
            return new StatsFile(path, Files.newBufferedWriter(path));
        } catch (IOException e) {
            throw new UsageException(
                    "--stats-json %s: cannot be written: %s".formatted(path, e.getMessage()));
        }
    }

    @Override
    public synchronized void accept(PassStats pass) {
        if (failure != null) {
            return;
        }
        try {
            out.write(line(pass));
            out.write('\n');
            out.flush();
        } catch (IOException e) {
            failure = e;
        }
    }

    static String line(PassStats pass) {
        String stages =
                pass.stages().stream().map(StatsFile::object).collect(Collectors.joining(","));
        return String.format(
                Locale.ROOT,
                "{\"position\":%d,\"tokens\":%d,\"conversations\":%d,\"stages\":[%s]}",
                pass.position(),
                pass.tokens(),
                pass.conversations(),
                stages);
    }

    private static String object(StageStats stage) {
        StageRange range = stage.range();
        return String.format(
                Locale.ROOT,
                "{\"device\":\"%s\",\"embeds\":%b,\"first_layer\":%d,\"end_layer\":%d,\"head\":%b,"
                        + "\"computed_ns\":%d,\"link_ns\":%d,\"waited_ns\":%d,\"sent_bytes\":%d,"
                        + "\"received_bytes\":%d,\"flushes\":%d}",
                stage.device().replace("\\", "\\\\").replace("\"", "\\\""),
                range.embeds(),
                range.firstLayer(),
                range.endLayer(),
                range.hasHead(),
                stage.computedNanos(),
                stage.linkNanos(),
                stage.waitedNanos(),
                stage.traffic().sentBytes(),
                stage.traffic().receivedBytes(),
                stage.traffic().flushes());
    }

    /// Why something was not written.
    synchronized Optional<String> failure() {
        return Optional.ofNullable(failure)
                .map(e -> "--stats-json %s: %s".formatted(path, e.getMessage()));
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }
}
