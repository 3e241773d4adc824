package dev.twinbolt.engine.sampling;

import java.util.concurrent.ThreadLocalRandom;

/// How the next token is chosen, with llama.cpp's names, meanings and defaults. Start from
/// [#DEFAULT] and change what differs.
///
/// @param temperature divides the logits; 0 or less always takes the best token
/// @param topK keeps this many of the best tokens; 0 or less keeps all
/// @param topP keeps the best tokens until their probabilities reach this sum, 0 to 1; 1 keeps all
/// @param minP keeps tokens at least this probable relative to the best one, 0 to 1; 0 keeps all
/// @param repeatPenalty divides positive and multiplies negative logits of recent tokens, above 0;
///   1 changes nothing
/// @param repeatLastN how many of the last tokens count as recent; 0 is none, -1 all of them
/// @param frequencyPenalty is taken off the logit of a recent token once per occurrence
/// @param presencePenalty is taken off the logit of a recent token once
/// @param seed of the random numbers: the same seed and logits give the same tokens
public record SamplerConfig(
        float temperature,
        int topK,
        float topP,
        float minP,
        float repeatPenalty,
        int repeatLastN,
        float frequencyPenalty,
        float presencePenalty,
        long seed) {
    /// Its seed is 0, so that what is made of it can be repeated.
    public static final SamplerConfig DEFAULT =
            new SamplerConfig(0.8f, 40, 0.95f, 0.05f, 1f, 64, 0f, 0f, 0);

    public SamplerConfig {
        finite("temperature", temperature);
        fraction("top-p", topP);
        fraction("min-p", minP);
        finite("repeat-penalty", repeatPenalty);
        if (repeatPenalty <= 0) {
            throw new IllegalArgumentException(
                    "repeat-penalty is " + repeatPenalty + ", must be above 0");
        }
        if (repeatLastN < -1) {
            throw new IllegalArgumentException(
                    "repeat-last-n is " + repeatLastN + ", must be -1 or more");
        }
        finite("frequency-penalty", frequencyPenalty);
        finite("presence-penalty", presencePenalty);
    }

    /// A seed that nobody has chosen, from 0 to 2^31 - 1.
    public static long newSeed() {
        return ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE);
    }

    public SamplerConfig withTemperature(float value) {
        return new SamplerConfig(
                value,
                topK,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withTopK(int value) {
        return new SamplerConfig(
                temperature,
                value,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withTopP(float value) {
        return new SamplerConfig(
                temperature,
                topK,
                value,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withMinP(float value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                value,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withRepeatPenalty(float value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                value,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withRepeatLastN(int value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                value,
                frequencyPenalty,
                presencePenalty,
                seed);
    }

    public SamplerConfig withFrequencyPenalty(float value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                value,
                presencePenalty,
                seed);
    }

    public SamplerConfig withPresencePenalty(float value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                value,
                seed);
    }

    public SamplerConfig withSeed(long value) {
        return new SamplerConfig(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                repeatLastN,
                frequencyPenalty,
                presencePenalty,
                value);
    }

    boolean isGreedy() {
        return temperature <= 0;
    }

    boolean isPenalizing() {
        return repeatLastN != 0
                && (repeatPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0);
    }

    private static void finite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + ", must be a finite number");
        }
    }

    private static void fraction(String name, float value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " is " + value + ", must be from 0 to 1");
        }
    }
}
