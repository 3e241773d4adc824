package dev.twinbolt.cli;

import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.Plan;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `engine-host plan`: says which layers would go where, how fast that would be, and why.
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Says which layers would go where, how fast that would be, and why; loads nothing.",
            "The model may be a header without weights, and the machines only described."
        },
        footer = {
            "",
            "Try:  engine-host plan -m FILE --device \"4090: 24GB, 1008GB/s, 165TFLOPS\"",
            "          --device \"M2 Ultra: 64GB, 800GB/s, 27TFLOPS\" --link \"0.6ms, 12Gbit\""
        })
final class PlanCommand implements Program.Command {
    private static final String ADVICE = "engine-host plan -m FILE.gguf";

    @Mixin private final ModelOptions options = new ModelOptions();

    @Option(
            names = "--device",
            paramLabel = "TEXT",
            description =
                    "a machine that is described instead of opened: name, memory, what it reads"
                            + " and computes a second; the last is the host, those before are"
                            + " nodes")
    private List<String> devices = new ArrayList<>();

    @Option(
            names = "--link",
            paramLabel = "TEXT",
            description =
                    "round trip and throughput between the host and a described node; one for"
                            + " all, or one for each")
    private List<String> links = new ArrayList<>();

    @Option(
            names = "--measure",
            description = "measure all devices anew, also those whose speed is remembered")
    private boolean measures;

    @Override
    public boolean isVerbose() {
        return options.isVerbose();
    }

    @Override
    public ExitCode call() {
        int columns = Terminal.outputColumns();
        System.out.print(Terminal.fold(plan().table(columns), columns));
        return ExitCode.OK;
    }

    private Plan plan() {
        if (devices.isEmpty() && !links.isEmpty()) {
            throw new UsageException("--link belongs to machines that --device describes");
        }
        if (!devices.isEmpty() && options.namesNodes()) {
            throw new UsageException(
                    "--rpc and --device: machines are either there or described, not both");
        }
        if (!devices.isEmpty() && measures) {
            throw new UsageException(
                    "--measure and --device: what is only described cannot be measured");
        }
        if (devices.isEmpty()) {
            EngineBuilder builder = options.builder(options.model(ADVICE));
            return (measures ? builder.measureAnew() : builder).plan();
        }
        DescribedMachines described = DescribedMachines.parse(devices, links);
        return options.builder(options.model(ADVICE)).plan(described.facts(), described.lines());
    }
}
