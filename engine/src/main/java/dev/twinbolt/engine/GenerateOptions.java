package dev.twinbolt.engine;

import dev.twinbolt.engine.sampling.SamplerConfig;
import java.util.List;

/// How a text is continued.
///
/// @param maxTokens the most tokens to generate; -1 for as many as the context holds
/// @param sampler how the next token is chosen
/// @param stops texts at which generation ends; they are not part of the result
/// @param draftTokens the most tokens that a pass is fed on a guess, behind the one that is known;
///   0 for none. The text is the same; what text repeats comes sooner, in fewer passes
public record GenerateOptions(
        int maxTokens, SamplerConfig sampler, List<String> stops, int draftTokens) {
    private static final int MAX_DRAFT = 64;

    public GenerateOptions {
        if (draftTokens < 0 || draftTokens > MAX_DRAFT) {
            throw new IllegalArgumentException(
                    "tokens to draft: expected 0 to %d, got %d".formatted(MAX_DRAFT, draftTokens));
        }
        if (maxTokens < -1) {
            throw new IllegalArgumentException(
                    "tokens to generate: expected 0 or more, or -1 for no limit, got " + maxTokens);
        }
        stops = List.copyOf(stops);
    }

    /// llama.cpp's sampler settings, a new seed with every call, no limit.
    public static GenerateOptions defaults() {
        return new GenerateOptions(
                -1, SamplerConfig.DEFAULT.withSeed(SamplerConfig.newSeed()), List.of(), 0);
    }

    public GenerateOptions withMaxTokens(int maxTokens) {
        return new GenerateOptions(maxTokens, sampler, stops, draftTokens);
    }

    public GenerateOptions withSampler(SamplerConfig sampler) {
        return new GenerateOptions(maxTokens, sampler, stops, draftTokens);
    }

    public GenerateOptions withStops(List<String> stops) {
        return new GenerateOptions(maxTokens, sampler, stops, draftTokens);
    }

    public GenerateOptions withDraftTokens(int draftTokens) {
        return new GenerateOptions(maxTokens, sampler, stops, draftTokens);
    }
}
