package dev.twinbolt.engine.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RopeScalingTest {
    private final Map<String, MetadataValue> metadata = new HashMap<>();

    private void put(String name, float value) {
        metadata.put("llama.rope." + name, MetadataValue.of(value));
    }

    private RopeScaling scaling() {
        return RopeScaling.of(new Metadata(metadata), "llama", 2048);
    }

    @Test
    void aFactorWithoutATypeIsLinear() {
        put("scaling.factor", 4);
        assertEquals(new RopeScaling(2048, 0.25f, 0, 1, 32, 1), scaling());
    }

    @Test
    void theOlderKeyCountsWhereTheFactorIsAbsent() {
        put("scale_linear", 8);
        assertEquals(0.125f, scaling().freqScale());
        put("scaling.factor", 4);
        assertEquals(0.25f, scaling().freqScale());
    }

    @Test
    void typeNoneHasNoFactor() {
        metadata.put("llama.rope.scaling.type", MetadataValue.of("none"));
        put("scaling.factor", 4);
        assertEquals(1, scaling().freqScale());
    }

    @Test
    void attentionHasAFactorOfItsOwn() {
        put("scaling.attn_factor", 0.5f);
        assertEquals(0.5f, scaling().attnFactor());
    }

    @Test
    void yarnHasAllOfItsKeys() {
        metadata.put("llama.rope.scaling.type", MetadataValue.of("yarn"));
        metadata.put("llama.rope.scaling.original_context_length", MetadataValue.of(512));
        put("scaling.factor", 4);
        put("scaling.yarn_beta_fast", 16);
        put("scaling.yarn_beta_slow", 2);
        assertEquals(new RopeScaling(512, 0.25f, 1, 1, 16, 2), scaling());
    }
}
