package dev.twinbolt.cli;

import dev.twinbolt.engine.Printable;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.pipeline.PlacementException;
import dev.twinbolt.engine.pipeline.SessionFileException;
import dev.twinbolt.engine.sampling.SamplingException;
import dev.twinbolt.engine.text.TokenizerException;
import dev.twinbolt.gguf.GgufException;
import java.net.BindException;

/// What an exception means to the person at the terminal: one printable line, empty where there is
/// nothing to say, and an exit code.
public record Failure(ExitCode code, String line) {
    public Failure {
        line = Printable.line(line.replaceAll("\\R\\s*", " "));
    }

    /// Of a command line that could not be read.
    public static Failure ofUsage(String message) {
        return new Failure(ExitCode.USAGE, message + "; see --help");
    }

    public static Failure of(Throwable thrown) {
        String message = thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
        return switch (thrown) {
            case UsageException _, IllegalArgumentException _ -> ofUsage(message);
            case GgufException _, ModelException _, TokenizerException _, SamplingException _ ->
                    new Failure(ExitCode.MODEL, message);
            case PlacementException.TooFewNodes _ -> new Failure(ExitCode.NODES, message);
            case DeviceException.OutOfMemory _, PlacementException _ ->
                    new Failure(ExitCode.MEMORY, message);
            case DeviceException _ -> new Failure(ExitCode.DEVICE, message);
            case ContextFullException _ -> new Failure(ExitCode.CONTEXT, message);
            case SessionFileException _ -> new Failure(ExitCode.SESSION, message);
            case OutputException _ -> new Failure(ExitCode.OUTPUT, message);
            case BindException _ -> new Failure(ExitCode.ADDRESS, message);
            // Ctrl-C, of which who pressed it knows.
            case InterruptedException _ -> new Failure(ExitCode.INTERRUPTED, "");
            case OutOfMemoryError _ ->
                    new Failure(
                            ExitCode.MEMORY,
                            "out of memory (%s); shorten the context or close other programs"
                                    .formatted(message));
            default ->
                    new Failure(
                            ExitCode.INTERNAL,
                            "internal error: %s; run again with -v for the details"
                                    .formatted(thrown));
        };
    }
}
