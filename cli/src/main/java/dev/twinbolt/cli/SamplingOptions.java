package dev.twinbolt.cli;

import dev.twinbolt.engine.sampling.SamplerConfig;
import picocli.CommandLine.Option;

/// The options that choose the next token, with llama.cpp's names and defaults.
final class SamplingOptions {
    /// llama.cpp's -1 as the unsigned number that it becomes there.
    private static final long NEW_SEED = 0xFFFF_FFFFL;

    @Option(
            names = "--temp",
            paramLabel = "N",
            defaultValue = "0.8",
            description = "temperature; 0 always takes the best token (${DEFAULT-VALUE})")
    private float temperature;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "N",
            defaultValue = "-1",
            description =
                    "seed of the random numbers, 32 bits; -1 for a new one (${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            defaultValue = "40",
            description = "keep the N best tokens; 0 for all (${DEFAULT-VALUE})")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "N",
            defaultValue = "0.95",
            description =
                    "keep the best tokens up to this probability; 1 for all (${DEFAULT-VALUE})")
    private float topP;

    @Option(
            names = "--min-p",
            paramLabel = "N",
            defaultValue = "0.05",
            description = "keep tokens this probable beside the best; 0 for all (${DEFAULT-VALUE})")
    private float minP;

    @Option(
            names = "--repeat-last-n",
            paramLabel = "N",
            defaultValue = "64",
            description =
                    "tokens that penalties look back; 0 for none, -1 for all (${DEFAULT-VALUE})")
    private int repeatLastN;

    @Option(
            names = "--repeat-penalty",
            paramLabel = "N",
            defaultValue = "1.0",
            description = "penalty of repeated tokens; 1 for none (${DEFAULT-VALUE})")
    private float repeatPenalty;

    @Option(
            names = "--presence-penalty",
            paramLabel = "N",
            defaultValue = "0.0",
            description = "taken off a repeated token's logit once (${DEFAULT-VALUE})")
    private float presencePenalty;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "N",
            defaultValue = "0.0",
            description = "taken off a repeated token's logit per occurrence (${DEFAULT-VALUE})")
    private float frequencyPenalty;

    private long seed() {
        if (seed < -1 || seed > NEW_SEED) {
            throw new UsageException(
                    "-s %d: expected 0 to %d, or -1 for a new one".formatted(seed, NEW_SEED));
        }
        return seed == -1 || seed == NEW_SEED ? SamplerConfig.newSeed() : seed;
    }

    SamplerConfig config() {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed());
    }
}
