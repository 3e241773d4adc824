package dev.twinbolt.bench;

import dev.twinbolt.cli.Arguments;
import dev.twinbolt.cli.ExitCode;
import dev.twinbolt.cli.Failure;
import dev.twinbolt.cli.Messages;
import dev.twinbolt.cli.Program;
import dev.twinbolt.cli.Version;
import dev.twinbolt.engine.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The program `engine-bench`: the speed of models, in llama-bench's tables; other measurements and
/// random models are its commands. A failure is one line and an exit code of `docs/cli.md`.
@Command(
        name = "engine-bench",
        description = {
            "Measures how fast models run: engine-bench -m FILE.gguf -p 512 -n 128 -t 2",
            "Options, tables and JSON are llama-bench's; or one of the commands below."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Version.class,
        subcommands = {LimitsCommand.class, LinkCommand.class, MakeCommand.class, JmhCommand.class})
public final class EngineBench implements Callable<Integer> {
    @Mixin private final SpeedOptions options = new SpeedOptions();

    @Option(
            names = {"-r", "--repetitions"},
            paramLabel = "N",
            defaultValue = "5",
            description = "how often each test is repeated (${DEFAULT-VALUE})")
    private int repetitions;

    @Option(names = "--no-warmup", description = "without a run of each test beforehand")
    private boolean skipsWarmUp;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "md",
            description = "md, json, jsonl or csv (${DEFAULT-VALUE})")
    private Report.Format format = Report.Format.MD;

    @Option(
            names = {"-v", "--verbose"},
            description = "stack traces with errors")
    private boolean isVerbose;

    @Spec private @Nullable CommandSpec spec;

    private EngineBench() {}

    public static void main(String[] args) {
        System.exit(Program.run("engine-bench", () -> execute(args)));
    }

    private static int execute(String... args) {
        return commandLine()
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(Messages.writer())
                .execute(args);
    }

    static CommandLine commandLine() {
        EngineBench program = new EngineBench();
        return Arguments.read(new CommandLine(program))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(
                        (e, args) ->
                                fail(
                                        e.getCommandLine(),
                                        Failure.ofUsage(String.valueOf(e.getMessage()))))
                .setExecutionExceptionHandler(
                        (e, failed, parsed) -> {
                            if (program.isVerbose) {
                                e.printStackTrace(failed.getErr());
                            }
                            return fail(failed, Failure.of(e));
                        });
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        List<SpeedTest> tests = options.tests();
        if (repetitions < 1) {
            throw new IllegalArgumentException("-r %d: expected 1 or more".formatted(repetitions));
        }
        if (spec == null) {
            throw new IllegalStateException("called by other than picocli");
        }
        Report report = Report.of(format, spec.commandLine().getOut(), tests);
        for (SpeedTest.Setup setup : tests.stream().map(SpeedTest::setup).distinct().toList()) {
            sayNodes(spec.commandLine(), setup.cluster().nodes());
            measure(tests.stream().filter(test -> test.setup().equals(setup)).toList(), report);
        }
        report.end();
        return ExitCode.OK.code();
    }

    /// As each takes a JVM's start.
    private static void sayNodes(CommandLine line, int nodes) {
        if (nodes > 0) {
            line.getErr().printf("engine-bench: nodes to start: %d%n", nodes);
        }
    }

    /// `tests` have one setup.
    private void measure(List<SpeedTest> tests, Report report)
            throws InterruptedException, IOException {
        try (Cluster cluster = Cluster.start(tests.getFirst().setup().cluster());
                Engine engine = load(tests, cluster.endpoints())) {
            ModelFacts model = ModelFacts.of(engine.model());
            MachineFacts machine = MachineFacts.of(engine);
            for (SpeedTest test : tests) {
                Instant time = Instant.now();
                Samples samples = SpeedRun.measure(test, engine, repetitions, !skipsWarmUp);
                report.add(new SpeedResult(test, model, machine, time, samples));
            }
        }
    }

    private static Engine load(List<SpeedTest> tests, List<String> endpoints) {
        SpeedTest.Setup setup = tests.getFirst().setup();
        int context = tests.stream().mapToInt(SpeedTest::contextLength).max().orElseThrow();
        // A node without layers would be a test of something else; a split may ask for that.
        int nodes = setup.tensorSplit().isEmpty() ? endpoints.size() : 0;
        return Engine.builder()
                .model(setup.model())
                .requireNodes(nodes)
                .threads(setup.threads())
                .microBatch(setup.microBatch())
                .cacheTypes(setup.cacheTypes())
                .conversations(setup.conversations())
                .contextLength(context)
                .rpc(endpoints.toArray(String[]::new))
                .tensorSplit(setup.tensorSplit().stream().mapToDouble(share -> share).toArray())
                .load();
    }

    private static int fail(CommandLine failed, Failure failure) {
        if (!failure.line().isEmpty()) {
            failed.getErr()
                    .printf("%s: %s%n", failed.getCommandSpec().qualifiedName(), failure.line());
        }
        return failure.code().code();
    }
}
