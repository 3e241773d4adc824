package dev.twinbolt.cli;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.StageRange;
import dev.twinbolt.engine.pipeline.StageStats;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The file of `--stats-json`: one JSON object a line for each forward pass, written at once. What
/// is in it from before stays there until the first pass, as a run may fail before.
final class StatsFile implements Consumer<PassStats>, AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final Writer out;
    private boolean isEmpty;
    private @Nullable IOException failure;

    private StatsFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
        this.out = Channels.newWriter(channel, StandardCharsets.UTF_8);
        this.isEmpty = !Files.isRegularFile(path);
    }

    static StatsFile create(Path path) {
        try {
            if (!isFree(path)) {
                throw new UsageException(
                        "--stats-json %s: is there already and holds no such lines; name another file"
                                .formatted(path));
            }
            return new StatsFile(path, FileChannel.open(path, CREATE, WRITE));
        } catch (IOException e) {
            throw new UsageException(
                    "--stats-json %s: cannot be written: %s"
                            .formatted(path, OutputException.reason(e)));
        }
    }

    /// Whether nothing else than such lines would be lost.
    private static boolean isFree(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            return true;
        }
        try (InputStream in = Files.newInputStream(path)) {
            int first = in.read();
            return first == -1 || first == '{';
        }
    }

    @Override
    public synchronized void accept(PassStats pass) {
        if (failure != null) {
            return;
        }
        try {
            if (!isEmpty) {
                channel.truncate(0);
                isEmpty = true;
            }
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
