package dev.twinbolt.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final SamplerConfig ALL = new SamplerConfig(1, 0, 1, 0, 1, 0, 0, 0, 7);

    private static Set<Integer> seen(SamplerConfig config, float... logits) {
        Sampler sampler = Sampler.of(config);
        Set<Integer> seen = new TreeSet<>();
        for (int i = 0; i < 5_000; i++) {
            seen.add(sampler.sample(logits));
        }
        return seen;
    }

    @Test
    void greedyTakesTheLowestIdOfTheBest() {
        Sampler sampler = Sampler.of(ALL.withTemperature(0));
        assertEquals(1, sampler.sample(new float[] {-1, 3, 3, 2}));
    }

    @Test
    void drawsInProportionToTheProbabilities() {
        Sampler sampler = Sampler.of(ALL.withTemperature(0.5f));
        float[] logits = {1, 0, 0.5f};
        int[] counts = new int[3];
        int draws = 200_000;
        for (int i = 0; i < draws; i++) {
            counts[sampler.sample(logits)]++;
        }
        double sum = Math.exp(2) + 1 + Math.exp(1);
        assertEquals(Math.exp(2) / sum, (double) counts[0] / draws, 0.005);
        assertEquals(1 / sum, (double) counts[1] / draws, 0.005);
        assertEquals(Math.exp(1) / sum, (double) counts[2] / draws, 0.005);
    }

    @Test
    void truncatesByCountSumAndRatio() {
        float[] logits = {
            (float) Math.log(0.5),
            (float) Math.log(0.3),
            (float) Math.log(0.15),
            (float) Math.log(0.05)
        };
        assertEquals(Set.of(0, 1, 2, 3), seen(ALL, logits));
        assertEquals(Set.of(0, 1), seen(ALL.withTopK(2), logits));
        assertEquals(Set.of(0, 1), seen(ALL.withTopP(0.79f), logits));
        assertEquals(Set.of(0, 1, 2), seen(ALL.withTopP(0.81f), logits));
        assertEquals(Set.of(0, 1, 2), seen(ALL.withMinP(0.29f), logits));
        assertEquals(Set.of(0, 1), seen(ALL.withMinP(0.31f), logits));
    }

    /// What is exactly at a bound: half of two equals, a ratio of 1, two zeros of other signs.
    @Test
    void whatIsAtABoundIsKeptOrCutAsSaid() {
        float[] equals = {2, 2};
        assertEquals(Set.of(0), seen(ALL.withTopP(0.5f), equals));
        assertEquals(Set.of(0), seen(ALL.withTopP(0), equals));
        assertEquals(Set.of(0, 1), seen(ALL.withMinP(1), equals));
        assertEquals(Set.of(0), seen(ALL.withTopK(1), -0f, 0f));
        assertEquals(Set.of(0), seen(ALL.withTopK(1), 0f, -0f));
        assertEquals(Set.of(1, 2), seen(ALL.withTopK(2), 1, 5, 3, 3));
        assertEquals(Set.of(2), seen(ALL.withTemperature(-1), 1, 2, 3));
    }

    @Test
    void temperatureComesAfterTheCuts() {
        // At temperature 100 all four are about as likely; a cut after it would keep them all.
        float[] logits = {5, 1, 0, -1};
        assertEquals(Set.of(0), seen(ALL.withTopP(0.5f).withTemperature(100), logits));
        assertEquals(Set.of(0), seen(ALL.withMinP(0.5f).withTemperature(100), logits));
    }

    @Test
    void penaltiesChangeRecentTokensOnly() {
        SamplerConfig config =
                ALL.withTemperature(0)
                        .withRepeatLastN(2)
                        .withRepeatPenalty(2)
                        .withFrequencyPenalty(0.5f);
        Sampler sampler = Sampler.of(config);
        float[] logits = {3, 2.9f, 1};
        assertEquals(0, sampler.sample(logits));
        sampler.accept(0);
        assertEquals(1, sampler.sample(logits));
        sampler.accept(1);
        // 3/2 - 0.5 = 1.0 and 2.9/2 - 0.5 = 0.95 against 1: the lowest id of the best.
        assertEquals(0, sampler.sample(logits));
        sampler.accept(1);
        // 0 has left the window.
        assertEquals(0, sampler.sample(logits));
        assertEquals(3, logits[0]);
    }

    @Test
    void theSeedDecidesTheDraws() {
        Random random = new Random(1);
        float[] logits = new float[500];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian() * 3;
        }
        List<List<Integer>> runs = new ArrayList<>();
        for (long seed : new long[] {1, 1, 2}) {
            Sampler sampler = Sampler.of(SamplerConfig.DEFAULT.withSeed(seed));
            runs.add(IntStream.range(0, 50).map(i -> sampler.sample(logits)).boxed().toList());
        }
        assertEquals(runs.get(0), runs.get(1));
        assertNotEquals(runs.get(0), runs.get(2));
        List<Integer> best =
                IntStream.range(0, logits.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]))
                        .limit(40)
                        .toList();
        assertTrue(best.containsAll(runs.get(0)));
    }

    @Test
    void refusesLogitsThatAreNoNumbers() {
        Sampler sampler = Sampler.of(ALL);
        assertThrows(SamplingException.class, () -> sampler.sample(new float[] {1, Float.NaN}));
        float[] none = {Float.NEGATIVE_INFINITY};
        assertThrows(SamplingException.class, () -> sampler.sample(none));
        float[] infinite = {1, Float.POSITIVE_INFINITY};
        assertThrows(SamplingException.class, () -> sampler.sample(infinite));
    }

    @Test
    void refusesSettingsThatCannotBe() {
        for (float value : new float[] {-0.1f, 1.1f, Float.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> ALL.withTopP(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withMinP(value));
        }
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> ALL.withTemperature(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withRepeatPenalty(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withFrequencyPenalty(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withPresencePenalty(value));
        }
        assertThrows(IllegalArgumentException.class, () -> ALL.withRepeatPenalty(0));
        assertThrows(IllegalArgumentException.class, () -> ALL.withRepeatLastN(-2));
        assertEquals(-1, ALL.withRepeatLastN(-1).repeatLastN());
    }

    /// A vocabulary may have more tokens than a model has logits.
    @Test
    void aTokenWithoutALogitIsNotPenalized() {
        Sampler sampler =
                Sampler.of(ALL.withTemperature(0).withRepeatLastN(4).withPresencePenalty(5));
        sampler.accept(3);
        sampler.accept(2);
        assertEquals(1, sampler.sample(new float[] {1, 2, 3}));
    }
}
