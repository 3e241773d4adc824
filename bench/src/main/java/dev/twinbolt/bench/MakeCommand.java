package dev.twinbolt.bench;

import dev.twinbolt.cli.ExitCode;
import dev.twinbolt.cli.OutputException;
import dev.twinbolt.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `engine-bench make`: writes a model of random weights, of any size, without a download.
@Command(
        name = "make",
        description = "Writes a GGUF model of random weights.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class MakeCommand implements Callable<Integer> {
    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The file to write.")
    private Path output = Path.of("");

    @Option(
            names = "--arch",
            defaultValue = "llama",
            paramLabel = "NAME",
            description = "The architecture; llama is the only one (default).")
    private String arch = "";

    @Option(
            names = "--preset",
            defaultValue = "tiny",
            paramLabel = "NAME",
            description =
                    "The shape to start from: tiny (default), llama2-7b, llama3-1b, llama3-3b,"
                            + " llama3-8b or llama3-70b. The options below change it.")
    private String preset = "";

    @Option(names = "--layers", paramLabel = "N", description = "Layers.")
    private @Nullable Integer layers;

    @Option(names = "--dim", paramLabel = "N", description = "Elements of an embedding.")
    private @Nullable Integer dim;

    @Option(names = "--heads", paramLabel = "N", description = "Attention heads.")
    private @Nullable Integer heads;

    @Option(names = "--kv-heads", paramLabel = "N", description = "Heads of keys and values.")
    private @Nullable Integer kvHeads;

    @Option(names = "--ff", paramLabel = "N", description = "Elements inside the feed-forward.")
    private @Nullable Integer ff;

    @Option(names = "--vocab", paramLabel = "N", description = "Tokens, 259 or more.")
    private @Nullable Integer vocab;

    @Option(names = "--context", paramLabel = "N", description = "Tokens of context.")
    private @Nullable Integer context;

    @Option(names = "--rope-theta", paramLabel = "X", description = "The base of the rotations.")
    private @Nullable Float ropeTheta;

    @Option(
            names = "--tied",
            negatable = true,
            description = "Whether the output head is the token embedding.")
    private @Nullable Boolean isTied;

    @Option(
            names = "--type",
            defaultValue = "Q8_0",
            paramLabel = "TYPE",
            description =
                    "The format of the matrices (default Q8_0), or Q4_K_M, which mixes Q4_K and"
                            + " Q6_K; norms are F32.")
    private String type = "";

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "The same seed gives the same file (default 0).")
    private long seed;

    @Option(names = "--header-only", description = "Without weights: enough to plan with.")
    private boolean isHeaderOnly;

    @Option(names = "--force", description = "Overwrites an existing file.")
    private boolean isForced;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (!arch.equals("llama")) {
            throw new IllegalArgumentException(
                    "--arch %s cannot be made; expected llama".formatted(arch));
        }
        FormatMix mix = FormatMix.byName(type);
        RandomModel model = new RandomModel(shape(), mix, seed);
        try {
            checkTarget(isHeaderOnly ? 0 : model.sizeBytes());
            write(model.writer(), mix);
        } catch (IOException e) {
            throw new OutputException(output.toString(), e);
        }
        return ExitCode.OK.code();
    }

    private void write(GgufWriter writer, FormatMix mix) throws IOException {
        long start = System.nanoTime();
        if (isHeaderOnly) {
            writer.writeHeader(output);
        } else {
            writer.write(output);
        }
        report(mix, (System.nanoTime() - start) / 1e9);
    }

    private LlamaShape shape() {
        LlamaShape base = Preset.byId(preset).shape();
        return new LlamaShape(
                or(layers, base.layers()),
                or(dim, base.dim()),
                or(heads, base.heads()),
                or(kvHeads, base.kvHeads()),
                or(ff, base.ff()),
                or(vocab, base.vocab()),
                or(context, base.context()),
                or(ropeTheta, base.ropeTheta()),
                or(isTied, base.isTied()));
    }

    private static <T> T or(@Nullable T given, T fallback) {
        return given == null ? fallback : given;
    }

    private void checkTarget(long sizeBytes) throws IOException {
        Path folder = output.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IllegalArgumentException(
                    "%s cannot be written: there is no folder %s".formatted(output, folder));
        }
        if (Files.isDirectory(output)) {
            throw new IllegalArgumentException(output + " is a folder; give the name of a file");
        }
        if (Files.exists(output) && !isForced) {
            throw new IllegalArgumentException(
                    output + " exists; give another name, or --force to overwrite it");
        }
        long free = Files.getFileStore(folder).getUsableSpace();
        if (sizeBytes > free) {
            throw new IOException(
                    "it needs %d bytes, its disk has %d left".formatted(sizeBytes, free));
        }
    }

    private void report(FormatMix mix, double seconds) throws IOException {
        double megabytes = Files.size(output) / 1e6;
        if (spec != null) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            Locale.ROOT,
                            "%s: %.1f MB of %s%s, seed %d, in %.1f s%n",
                            output,
                            megabytes,
                            mix.name(),
                            isHeaderOnly ? " (the header alone)" : "",
                            seed,
                            seconds);
        }
    }
}
