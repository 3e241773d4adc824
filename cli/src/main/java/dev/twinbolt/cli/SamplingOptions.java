package dev.twinbolt.cli;

import dev.twinbolt.engine.sampling.SamplerConfig;
import picocli.CommandLine.Option;

/// The options that choose the next token, with llama.cpp's names and defaults.
final class SamplingOptions {
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
            description = "seed of the random numbers; -1 for a new one (${DEFAULT-VALUE})")
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
                seed == -1 ? SamplerConfig.newSeed() : seed);
    }
}
