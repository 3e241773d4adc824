package dev.twinbolt.engine.model;

import dev.twinbolt.gguf.Metadata;

/// How positions are stretched beyond the trained context, from the `rope.scaling.*` keys, or the
/// older `rope.scale_linear`; a factor without a type is linear (source: llama.cpp
/// `llama-model.cpp`): `freqScale` multiplies every angle, `extFactor` 1 mixes scaled and unscaled
/// angles by frequency (YaRN, Peng et al. 2023).
record RopeScaling(
        int originalContext,
        float freqScale,
        float extFactor,
        float attnFactor,
        float betaFast,
        float betaSlow) {

    static RopeScaling of(Metadata metadata, String arch, int contextLength) {
        String prefix = arch + ".rope.scaling.";
        String type = metadata.string(prefix + "type", "linear");
        float older = metadata.float32(arch + ".rope.scale_linear", 0);
        float factor = metadata.float32(prefix + "factor", older);
        float attnFactor = metadata.float32(prefix + "attn_factor", 1);
        int original = metadata.int32(prefix + "original_context_length", contextLength);
        float freqScale =
                switch (type) {
                    case "none", "longrope" -> 1;
                    case "linear", "yarn" -> factor == 0 ? 1 : 1 / factor;
                    default ->
                            throw new ModelException(
                                    "%stype is '%s'; expected none, linear, yarn or longrope"
                                            .formatted(prefix, type));
                };
        if (!(freqScale > 0) || Float.isInfinite(freqScale)) {
            throw new ModelException(
                    "%sfactor is %s; expected a number above 0".formatted(prefix, factor));
        }
        return new RopeScaling(
                original,
                freqScale,
                type.equals("yarn") ? 1 : 0,
                attnFactor,
                metadata.float32(prefix + "yarn_beta_fast", 32),
                metadata.float32(prefix + "yarn_beta_slow", 1));
    }
}
