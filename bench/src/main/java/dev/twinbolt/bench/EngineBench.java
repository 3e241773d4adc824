package dev.twinbolt.bench;

import dev.twinbolt.cli.Version;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program `engine-bench`. A failure is one line and an exit code: 2 for a wrong command line,
/// 1 for anything else.
@Command(
        name = "engine-bench",
        description = "Benchmarks of Twinbolt, and models to run them on.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {MakeCommand.class, JmhCommand.class},
        synopsisSubcommandLabel = "COMMAND")
public final class EngineBench implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    private EngineBench() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new EngineBench())
                .setParameterExceptionHandler(
                        (e, args) -> fail(e.getCommandLine(), e.getMessage(), ExitCode.USAGE))
                .setExecutionExceptionHandler(
                        (e, failed, parsed) ->
                                e instanceof IllegalArgumentException
                                        ? fail(failed, e.getMessage(), ExitCode.USAGE)
                                        : fail(failed, said(e), ExitCode.SOFTWARE));
    }

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "a command is missing");
        }
    }

    /// The messages of the library's exceptions say little without their names.
    private static @Nullable String said(Exception e) {
        return e.getClass() == IOException.class
                ? e.getMessage()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private static int fail(CommandLine failed, @Nullable String message, int exitCode) {
        failed.getErr()
                .printf(
                        "%s: %s%s%n",
                        failed.getCommandSpec().qualifiedName(),
                        String.valueOf(message).replaceAll("\\R\\s*", " "),
                        exitCode == ExitCode.USAGE ? "; see --help" : "");
        return exitCode;
    }
}
