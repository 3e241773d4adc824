package dev.twinbolt.cli;

import dev.twinbolt.engine.EngineBuilder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What is fed on a guess.
final class DraftOptions {
    /// With the token that is known as many as the CPU's kernels multiply at once.
    private static final int WITH_MODEL = 3;

    @Option(
            names = {"-md", "--model-draft"},
            paramLabel = "FILE",
            description =
                    "a small model of the same vocabulary, computed by the local CPU, that drafts tokens")
    private @Nullable Path model;

    @Option(
            names = {"--draft-max", "--draft", "--draft-n"},
            paramLabel = "N",
            description =
                    "the most tokens a pass is fed on a guess: by the draft model, or without one what"
                            + " followed the last tokens where they stood before; the text stays the same"
                            + " (3 with -md, else 0)")
    private @Nullable Integer most;

    /// The most tokens of a draft.
    int tokens() {
        if (most == null) {
            return model == null ? 0 : WITH_MODEL;
        }
        return most;
    }

    void apply(EngineBuilder builder, boolean hasNodes) {
        if (model != null) {
            if (model.toString().isEmpty()) {
                throw new UsageException("-md '': expected the name of a GGUF file");
            }
            builder.draftModel(model);
        }
        if (tokens() > 0 && hasNodes) {
            System.err.println(
                    "drafts: the text is the same as without them where all nodes are engine-node with the same kernels");
        }
    }
}
