package dev.twinbolt.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntSupplier;
import picocli.CommandLine;

/// Runs a command line: every way to fail becomes one line on stderr and an exit code.
public final class Program {
    /// What the programs' commands are.
    interface Command extends Callable<ExitCode> {
        /// Whether stack traces are wanted.
        boolean isVerbose();
    }

    private Program() {}

    static int run(String name, Command command, String... args) {
        return run(name, () -> execute(name, command, args));
    }

    /// Runs `work`, which gives an exit code, with standard error made printable; standard output
    /// that could not be written is a failure of its own.
    public static int run(String name, IntSupplier work) {
        // Digits in files and messages are what others read, whatever the user's language.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        Messages.install();
        Output output = Output.install();
        int code = work.getAsInt();
        System.out.flush();
        Optional<String> unwritten = output.failure();
        if (code != ExitCode.OK.code() || unwritten.isEmpty()) {
            return code;
        }
        return report(
                name,
                new Failure(
                        ExitCode.OUTPUT, "cannot write to standard output: " + unwritten.get()));
    }

    private static int execute(String name, Command command, String... args) {
        CommandLine line = Arguments.read(new CommandLine(command));
        line.setCommandName(name);
        line.setOut(new PrintWriter(System.out, true, Terminal.charset()));
        line.setErr(Messages.writer());
        line.setExitCodeExceptionMapper(thrown -> Failure.of(thrown).code().code());
        line.setParameterExceptionHandler(
                (e, _) -> report(name, Failure.ofUsage(String.valueOf(e.getMessage()))));
        line.setExecutionExceptionHandler(
                (e, _, parsed) -> {
                    int code = report(name, Failure.of(e));
                    if (chosen(parsed).isVerbose()) {
                        e.printStackTrace();
                    }
                    return code;
                });
        line.setExecutionStrategy(
                parsed -> {
                    int helped = CommandLine.executeHelpRequest(parsed) == null ? -1 : 0;
                    if (helped == 0) {
                        return ExitCode.OK.code();
                    }
                    try {
                        checkOrder(parsed);
                        return chosen(parsed).call().code();
                    } catch (OutOfMemoryError e) {
                        return report(name, Failure.of(e));
                    } catch (Exception e) {
                        throw new CommandLine.ExecutionException(line, "failed", e);
                    }
                });
        return line.execute(args);
    }

    /// What the arguments ask for: the program's own command, or the one that they name.
    private static Command chosen(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
        return (Command) last.commandSpec().userObject();
    }

    /// Options before the name of a command would be read and never used.
    private static void checkOrder(CommandLine.ParseResult parsed) {
        if (parsed.hasSubcommand() && !parsed.matchedOptions().isEmpty()) {
            String option = parsed.matchedOptions().getFirst().longestName();
            String name = parsed.subcommand().commandSpec().name();
            throw new UsageException("%s goes after %s".formatted(option, name));
        }
    }

    private static int report(String name, Failure failure) {
        if (!failure.line().isEmpty()) {
            Terminal.finishLine();
            System.err.println(name + ": " + failure.line());
        }
        return failure.code().code();
    }
}
