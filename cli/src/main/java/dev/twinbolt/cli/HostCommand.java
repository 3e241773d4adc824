package dev.twinbolt.cli;

import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
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
        subcommands = PlanCommand.class,
        description = "Continues a prompt with a GGUF model, alone or together with nodes.",
        footer = {
            "",
            "Try:  engine-host --demo",
            "",
            "Differences from llama.cpp: -p is taken as it is, without escapes; only the",
            "generated text goes to standard output; -c 0 means at most 4096 tokens; -n -1",
            "and -n -2 both end with the context; the local CPU is the last device of -ts",
            "and takes part in it; the token embedding and the output head stay on the",
            "local CPU; of -sm only layer is there; without -ts a node gets layers only where",
            "that makes a token faster; K and V are f16 or q8_0; RoPE options come from the",
            "model."
        })
final class HostCommand implements Program.Command {
    private static final String DEMO_MODEL = "demo/twinbolt-demo.gguf";
    private static final String ADVICE =
            "engine-host -m FILE.gguf -p \"Once upon a time\", or engine-host --demo";
    private static final String DEMO_PROMPT = "Once upon a time";

    @Mixin private final ModelOptions options = new ModelOptions();

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

    @Mixin private final SamplingOptions sampling = new SamplingOptions();

    @Option(
            names = {"-r", "--reverse-prompt"},
            paramLabel = "TEXT",
            description = "end at this text; may be given several times")
    private List<String> stops = new ArrayList<>();

    @Option(
            names = "--prompt-cache",
            paramLabel = "FILE",
            description =
                    "a file that keeps what was computed: what it shares with the beginning of the"
                            + " text is not computed again, and at the end it is written anew, with"
                            + " the generated text; where -p is empty the saved text goes on")
    private @Nullable Path promptCache;

    @Mixin private final DraftOptions drafts = new DraftOptions();

    @Mixin private final NodeLossOptions nodeLoss = new NodeLossOptions();

    @Mixin private final StatsOptions stats = new StatsOptions();

    @Option(
            names = "--list-devices",
            description =
                    "say which devices there are, in the order of -ts, and of which kinds there are"
                            + " none; and end")
    private boolean listDevices;

    @Override
    public boolean isVerbose() {
        return options.isVerbose();
    }

    @Override
    public ExitCode call() throws Exception {
        if (listDevices) {
            System.out.print(DeviceList.of(options.deviceConfig()));
            return ExitCode.OK;
        }
        if (stops.contains("")) {
            throw new UsageException("-r '': expected a text to end at");
        }
        if (isDemo) {
            return demo();
        }
        Path model = options.model(ADVICE);
        return tell(options.builder(model), Prompt.read(prompt, promptFile), "");
    }

    private ExitCode demo() throws Exception {
        if (options.namesModelNodesOrSplit()) {
            throw new UsageException(
                    "--demo brings its own model, node and split: leave out -m, --rpc, -ts, -ngl");
        }
        String text =
                prompt == null && promptFile == null
                        ? DEMO_PROMPT
                        : Prompt.read(prompt, promptFile);
        try (LocalNode node = LocalNode.start(options.deviceConfig().threads())) {
            System.err.println(
                    "engine-host: process %d; engine-node: process %d, %s"
                            .formatted(
                                    ProcessHandle.current().pid(),
                                    node.processId(),
                                    node.endpoint()));
            EngineBuilder builder =
                    options.builder(demoModel()).rpc(node.endpoint()).tensorSplit(1, 1);
            // The beginning goes to stderr, so that a terminal shows the whole story.
            return tell(builder, text, text);
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

    private ExitCode tell(EngineBuilder builder, String text, String heading) throws Exception {
        int limit = maxTokens == -2 ? -1 : maxTokens; // the context's end ends both
        GenerateOptions told =
                new GenerateOptions(limit, sampling.config(), stops, drafts.tokens());
        drafts.apply(builder, options.namesNodes());
        nodeLoss.apply(builder);
        PromptCache cache = promptCache == null ? null : new PromptCache(promptCache);
        Storyteller storyteller = new Storyteller(builder, text, heading, told, cache);
        return stats.watch(builder, storyteller::tell);
    }
}
