package dev.twinbolt.cli;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.pipeline.LoadProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `engine-host`: continues a prompt with a model that may be spread over nodes.
@Command(
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Continues a prompt with a GGUF model, alone or together with nodes.",
        footer = {
            "",
            "Try:  engine-host --demo",
            "",
            "Differences from llama.cpp: -p is taken as it is, without escapes; only the",
            "generated text goes to standard output; -c 0 means at most 4096 tokens; -n -1",
            "and -n -2 both end with the context; the local CPU is the last device of -ts",
            "and takes part in it; the token embedding and the output head stay on the",
            "local CPU; of -sm only layer is there; RoPE and KV-cache options come from the",
            "model."
        })
final class HostCommand implements Program.Command {
    private static final String DEMO_MODEL = "demo/twinbolt-demo.gguf";
    private static final String DEMO_PROMPT = "Once upon a time";

    /// With the token that is known as many as the CPU's kernels multiply at once.
    private static final int DEFAULT_DRAFT = 3;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            description = "the model, a GGUF file; the first one of a split model")
    private @Nullable Path model;

    @Option(
            names = "--demo",
            description =
                    "tell a story with the small model that comes with the program, over two processes")
    private boolean isDemo;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            description = "the text to continue")
    private @Nullable String prompt;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description =
                    "a file with the text to continue; without -p and -f it is standard input;"
                            + " one newline at its end is left out")
    private @Nullable Path promptFile;

    @Option(
            names = {"-n", "--predict", "--n-predict"},
            paramLabel = "N",
            defaultValue = "-1",
            description =
                    "the most tokens to generate; -1 or -2 for as many as the context holds"
                            + " (${DEFAULT-VALUE})")
    private int maxTokens;

    @Option(
            names = {"-c", "--ctx-size"},
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "tokens the context holds; 0 for the model's own, at most 4096 (${DEFAULT-VALUE})")
    private int contextLength;

    @Option(
            names = {"-ub", "--ubatch-size"},
            paramLabel = "N",
            defaultValue = "512",
            description = "the most tokens of a prompt computed in one pass (${DEFAULT-VALUE})")
    private int microBatch;

    @Mixin private final ThreadsOption threads = new ThreadsOption();

    @Option(
            names = "--rpc",
            paramLabel = "HOST:PORT",
            split = ",",
            description =
                    "nodes to use, separated by commas: engine-node or llama.cpp's rpc-server")
    private List<String> endpoints = new ArrayList<>();

    @Option(
            names = {"-ts", "--tensor-split"},
            paramLabel = "SHARES",
            description =
                    "shares of the layers, such as 9,11: the nodes in their order, then local devices, the local"
                            + " CPU last (default: by free memory)")
    private @Nullable String tensorSplit;

    @Option(
            names = {"-sm", "--split-mode"},
            paramLabel = "MODE",
            defaultValue = "layer",
            description = "how a model is cut: layer (${DEFAULT-VALUE})")
    private String splitMode = "layer";

    @Option(
            names = {"-ngl", "--gpu-layers", "--n-gpu-layers"},
            paramLabel = "N",
            defaultValue = "all",
            description =
                    "the most layers that may leave the local CPU; all, auto or a negative number"
                            + " for no limit (${DEFAULT-VALUE})")
    private String offloadedLayers = "all";

    @Mixin private final SamplingOptions sampling = new SamplingOptions();

    @Option(
            names = {"-r", "--reverse-prompt"},
            paramLabel = "TEXT",
            description = "end at this text; may be given several times")
    private List<String> stops = new ArrayList<>();

    @Option(
            names = {"-md", "--model-draft"},
            paramLabel = "FILE",
            description =
                    "a small model of the same vocabulary, computed by the local CPU, that drafts tokens")
    private @Nullable Path draftModel;

    @Option(
            names = {"--draft-max", "--draft", "--draft-n"},
            paramLabel = "N",
            description =
                    "the most tokens a pass is fed on a guess: by the draft model, or without one what"
                            + " followed the last tokens where they stood before; the text stays the same"
                            + " (3 with -md, else 0)")
    private @Nullable Integer draftTokens;

    @Option(
            names = "--plan",
            description =
                    "say which layers would go where, and end; the model may be a header without"
                            + " weights")
    private boolean isPlanOnly;

    @Option(names = "--list-devices", description = "say which devices there are, and end")
    private boolean listDevices;

    @Option(
            names = {"-v", "--verbose"},
            description = "stack traces with errors")
    private boolean isVerbose;

    @Override
    public boolean isVerbose() {
        return isVerbose;
    }

    @Override
    public ExitCode call() throws Exception {
        if (listDevices) {
            System.out.print(DeviceList.of(new DeviceConfig(threads.count(), endpoints)));
            return ExitCode.OK;
        }
        if (stops.contains("")) {
            throw new UsageException("-r '': expected a text to end at");
        }
        if (isDemo) {
            return demo();
        }
        if (model == null) {
            throw new UsageException(
                    "no model: type engine-host -m FILE.gguf -p \"Once upon a time\", or engine-host --demo");
        }
        if (model.toString().isEmpty()) {
            throw new UsageException("-m '': expected the name of a GGUF file");
        }
        return isPlanOnly
                ? plan(builder(model))
                : tell(builder(model), Prompt.read(prompt, promptFile), "");
    }

    private ExitCode demo() throws Exception {
        if (model != null || !endpoints.isEmpty() || tensorSplit != null) {
            throw new UsageException(
                    "--demo brings its own model, node and split: leave out -m, --rpc, -ts");
        }
        String text =
                prompt == null && promptFile == null
                        ? DEMO_PROMPT
                        : Prompt.read(prompt, promptFile);
        try (DemoNode node = DemoNode.start(threads.count())) {
            System.err.println(
                    "engine-host: process %d; engine-node: process %d, %s"
                            .formatted(
                                    ProcessHandle.current().pid(),
                                    node.processId(),
                                    node.endpoint()));
            Engine.Builder builder = builder(demoModel()).rpc(node.endpoint()).tensorSplit(1, 1);
            // The beginning goes to stderr, so that a terminal shows the whole story.
            return isPlanOnly ? plan(builder) : tell(builder, text, text);
        }
    }

    private static Path demoModel() {
        Path path = Path.of(System.getProperty("twinbolt.home", ".")).resolve(DEMO_MODEL);
        if (!Files.exists(path)) {
            throw new UsageException(
                    "the demo model %s is not there; start engine-host from the project's folder"
                            .formatted(path));
        }
        return path;
    }

    private Engine.Builder builder(Path path) {
        checkSplitMode();
        if (contextLength < 0) {
            throw new UsageException(
                    "-c %d: expected a number of tokens, or 0 for the model's own"
                            .formatted(contextLength));
        }
        Engine.Builder builder =
                Engine.builder()
                        .model(path)
                        .contextLength(contextLength)
                        .microBatch(microBatch)
                        .threads(threads.count())
                        .rpc(endpoints.toArray(new String[0]))
                        .maxOffloadedLayers(maxOffloadedLayers())
                        .progress(
                                Terminal.isPresent()
                                        ? new LoadBar(Terminal.columns())
                                        : LoadProgress.SILENT);
        if (draftModel != null) {
            builder.draftModel(draftModel);
        }
        return tensorSplit == null ? builder : builder.tensorSplit(shares(tensorSplit));
    }

    private void checkSplitMode() {
        switch (splitMode) {
            case "layer" -> {}
            case "row", "tensor" ->
                    throw new UsageException(
                            "-sm %s: only layer; %s synchronises the machines in every layer, which the link between them is too slow for"
                                    .formatted(splitMode, splitMode));
            case "none" ->
                    throw new UsageException(
                            "-sm none: only layer; to use one device give it all layers, as -ts 1,0 does");
            default -> throw new UsageException("-sm %s: expected layer".formatted(splitMode));
        }
    }

    private int maxOffloadedLayers() {
        if (offloadedLayers.equals("all") || offloadedLayers.equals("auto")) {
            return Integer.MAX_VALUE;
        }
        try {
            int layers = Integer.parseInt(offloadedLayers);
            return layers < 0 ? Integer.MAX_VALUE : layers;
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "-ngl %s: expected a number of layers, auto or all".formatted(offloadedLayers));
        }
    }

    private static double[] shares(String text) {
        String[] parts = text.split("[,/]", -1);
        double[] shares = new double[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                shares[i] = Double.parseDouble(parts[i].trim());
            } catch (NumberFormatException e) {
                throw new UsageException(
                        "-ts %s: expected numbers separated by commas".formatted(text));
            }
            if (!(shares[i] >= 0) || Double.isInfinite(shares[i])) {
                throw new UsageException("-ts %s: shares are 0 or more".formatted(text));
            }
        }
        return shares;
    }

    private static ExitCode plan(Engine.Builder builder) {
        System.out.print(builder.plan().table(Terminal.columns()));
        return ExitCode.OK;
    }

    private ExitCode tell(Engine.Builder builder, String text, String heading) throws IOException {
        int limit = maxTokens == -2 ? -1 : maxTokens; // the context's end ends both
        GenerateOptions options =
                new GenerateOptions(limit, sampling.config(), stops, draftTokens());
        if (draftTokens() > 0 && !endpoints.isEmpty()) {
            System.err.println(
                    "drafts: the text is the same as without them where all nodes are engine-node with the same kernels");
        }
        return new Storyteller(builder, text, heading, options).tell();
    }

    private int draftTokens() {
        if (draftTokens == null) {
            return draftModel == null ? 0 : DEFAULT_DRAFT;
        }
        return draftTokens;
    }
}
