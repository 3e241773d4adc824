package dev.twinbolt.cli;

import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.pipeline.PassStats;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What is told of forward passes while they are computed.
final class StatsOptions {
    @Option(
            names = "--stats",
            description =
                    "show meanwhile, on stderr, tokens a second and how busy each device and link is")
    private boolean isShown;

    @Option(
            names = "--stats-json",
            paramLabel = "FILE",
            description =
                    "write a JSON object a line for each forward pass: its tokens, and what each stage"
                            + " computed, sent and waited")
    private @Nullable Path file;

    /// Does `work`, which loads what `builder` says, and tells of its passes.
    ExitCode watch(EngineBuilder builder, Callable<ExitCode> work) throws Exception {
        StatsFile written = file == null ? null : StatsFile.create(file);
        StatsView shown = isShown ? StatsView.start() : null;
        try (written;
                shown) {
            Consumer<PassStats> both = written == null ? _ -> {} : written;
            builder.onPass(shown == null ? both : both.andThen(shown));
            ExitCode code = work.call();
            if (code != ExitCode.OK || written == null || written.failure().isEmpty()) {
                return code;
            }
            System.err.println("engine-host: " + written.failure().get());
            return ExitCode.OUTPUT;
        }
    }
}
