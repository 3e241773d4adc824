package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.sampling.SamplerConfig;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SamplingOptionsTest {
    private static SamplerConfig config(String... args) {
        return CommandLine.populateCommand(new SamplingOptions(), args).config();
    }

    @Test
    void everyOptionReachesTheSampler() {
        assertEquals(
                new SamplerConfig(0.5f, 7, 0.6f, 0.1f, 1.1f, 9, 0.3f, 0.2f, 43),
                config(
                        "--temp=0.5",
                        "--top-k=7",
                        "--top-p=0.6",
                        "--min-p=0.1",
                        "--repeat-penalty=1.1",
                        "--repeat-last-n=9",
                        "--frequency-penalty=0.3",
                        "--presence-penalty=0.2",
                        "--seed=43"));
    }

    @Test
    void theDefaultsAreTheLibrarysWithANewSeed() {
        assertEquals(SamplerConfig.DEFAULT, config().withSeed(0));
        assertEquals(0, config("-s", "0").seed());
        long seeds = Stream.generate(() -> config("-s", "-1").seed()).limit(8).distinct().count();
        assertTrue(seeds > 1, "the same seed 8 times");
        assertEquals(4294967294L, config("-s", "4294967294").seed());
        assertTrue(config("-s", "4294967295").seed() < 1L << 31, "as -1");
    }
}
