package dev.twinbolt.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.sampling.SamplerConfig;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GenerateOptionsTest {
    @Test
    void refusesNumbersThatCannotBe() {
        GenerateOptions options = GenerateOptions.defaults();
        assertEquals(64, options.withDraftTokens(64).draftTokens());
        assertEquals(-1, options.withMaxTokens(-1).maxTokens());
        for (int tokens : new int[] {-1, 65}) {
            assertThrows(IllegalArgumentException.class, () -> options.withDraftTokens(tokens));
        }
        assertThrows(IllegalArgumentException.class, () -> options.withMaxTokens(-2));
    }

    @Test
    void theDefaultsHaveANewSeedEachTime() {
        long seeds =
                Stream.generate(GenerateOptions::defaults)
                        .limit(8)
                        .map(options -> options.sampler().seed())
                        .distinct()
                        .count();
        assertTrue(seeds > 1, "the same seed 8 times");
        assertEquals(SamplerConfig.DEFAULT, GenerateOptions.defaults().sampler().withSeed(0));
    }
}
