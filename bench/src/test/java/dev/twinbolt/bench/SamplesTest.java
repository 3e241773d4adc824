package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTest {
    private static final double EXACT = 1e-12;

    @Test
    void meansAndDeviationsAreOfTheSample() {
        Samples samples = new Samples(10, List.of(1_000_000_000L, 2_000_000_000L, 3_000_000_000L));
        assertEquals(2e9, samples.meanNanos(), EXACT);
        assertEquals(1e9, samples.deviationNanos(), EXACT);
        assertEquals(List.of(10.0, 5.0, 10 / 3.0), samples.rates());
        assertEquals((10 + 5 + 10 / 3.0) / 3, samples.meanRate(), EXACT);
        assertEquals(3.4694433324435545, samples.deviationRate(), EXACT);
    }

    @Test
    void aSingleSampleDoesNotDeviate() {
        Samples samples = new Samples(1, List.of(500_000_000L));
        assertEquals(2, samples.meanRate(), EXACT);
        assertEquals(0, samples.deviationRate(), EXACT);
    }

    @Test
    void noSamplesAreNoMeasurement() {
        assertThrows(IllegalArgumentException.class, () -> new Samples(1, List.of()));
    }
}
