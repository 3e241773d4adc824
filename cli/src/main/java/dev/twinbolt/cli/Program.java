package dev.twinbolt.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/// Runs a command line: every way to fail becomes one line on stderr and an exit code.
final class Program {
    /// What the programs' commands are.
    interface Command extends Callable<ExitCode> {
        /// Whether stack traces are wanted.
        boolean isVerbose();
    }

    private Program() {}

    static int run(String name, Command command, String... args) {
        // Digits in files and messages are what others read, whatever the user's language.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        Output output = Output.install();
        int code = execute(name, command, args);
        System.out.flush();
        Optional<String> unwritten = output.failure();
        if (code != ExitCode.OK.code() || unwritten.isEmpty()) {
            return code;
        }
        report(name, "cannot write to standard output: " + unwritten.get());
        return ExitCode.OUTPUT.code();
    }

    private static int execute(String name, Command command, String... args) {
        CommandLine line = Arguments.read(new CommandLine(command));
        line.setCommandName(name);
        line.setOut(new PrintWriter(System.out, true, Terminal.charset()));
        line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        line.setExitCodeExceptionMapper(thrown -> Failure.of(thrown).code().code());
        line.setParameterExceptionHandler(
                (e, _) -> {
                    report(name, e.getMessage() + "; see --help");
                    return ExitCode.USAGE.code();
                });
        line.setExecutionExceptionHandler(
                (e, _, parsed) -> {
                    report(name, Failure.of(e).line());
                    if (chosen(parsed).isVerbose()) {
                        e.printStackTrace();
                    }
                    return Failure.of(e).code().code();
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
                        report(name, Failure.of(e).line());
                        return Failure.of(e).code().code();
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

    private static void report(String name, String message) {
        Terminal.finishLine();
        System.err.println(name + ": " + message);
    }
}
