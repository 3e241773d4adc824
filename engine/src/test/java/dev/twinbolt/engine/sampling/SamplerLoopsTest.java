package dev.twinbolt.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random settings and logits against plain loops over all tokens, one per step.
class SamplerLoopsTest {
    @Test
    void followsTheStepsInOrder() {
        Random random = new Random(9);
        for (int run = 0; run < 300; run++) {
            SamplerConfig config =
                    new SamplerConfig(
                            random.nextInt(6) == 0 ? 0 : 0.1f + random.nextFloat() * 2,
                            random.nextInt(60) - 5,
                            random.nextInt(3) == 0 ? 1 : random.nextFloat(),
                            random.nextInt(3) == 0 ? 0 : random.nextFloat() * 0.3f,
                            random.nextBoolean() ? 1 : 0.5f + random.nextFloat(),
                            random.nextInt(8) - 1,
                            random.nextBoolean() ? 0 : random.nextFloat(),
                            random.nextBoolean() ? 0 : random.nextFloat(),
                            random.nextLong());
            Sampler sampler = Sampler.of(config);
            // The same generator as our SplitMix64, from the Java library.
            SplittableRandom chance = new SplittableRandom(config.seed());
            List<Integer> past = new ArrayList<>();
            float[] logits = new float[1 + random.nextInt(80)];
            for (int step = 0; step < 20; step++) {
                for (int i = 0; i < logits.length; i++) {
                    // Quarters, so that equal logits occur.
                    logits[i] = Math.round(random.nextGaussian() * 12) / 4f;
                }
                int token = sampler.sample(logits);
                assertEquals(expected(config, logits, past, chance), token, config.toString());
                sampler.accept(token);
                past.add(token);
            }
        }
    }

    private static int expected(
            SamplerConfig config, float[] logits, List<Integer> past, SplittableRandom chance) {
        float[] scores = penalized(config, logits, past);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble((Integer i) -> -scores[i]));
        if (config.temperature() <= 0) {
            return order.get(0);
        }
        int kept = config.topK() > 0 ? Math.min(config.topK(), order.size()) : order.size();
        kept = topP(config.topP(), scores, order.subList(0, kept));
        int likely = 0;
        while (likely < kept
                && Math.exp(scores[order.get(likely)] - scores[order.get(0)])
                        >= config.minP() * (1 - 1e-12)) {
            likely++;
        }
        double[] weights = weights(scores, order.subList(0, likely), config.temperature());
        double left = (chance.nextLong() >>> 11) * 0x1p-53 * sum(weights);
        for (int i = 0; i < likely; i++) {
            left -= weights[i];
            if (left < 0) {
                return order.get(i);
            }
        }
        throw new AssertionError("no token was drawn");
    }

    private static float[] penalized(SamplerConfig config, float[] logits, List<Integer> past) {
        float[] scores = logits.clone();
        int from = config.repeatLastN() < 0 ? 0 : Math.max(0, past.size() - config.repeatLastN());
        List<Integer> recent = past.subList(from, past.size());
        for (int i = 0; i < scores.length; i++) {
            int token = i;
            long count = recent.stream().filter(other -> other == token).count();
            if (count > 0) {
                scores[i] =
                        scores[i] > 0
                                ? scores[i] / config.repeatPenalty()
                                : scores[i] * config.repeatPenalty();
                scores[i] -= count * config.frequencyPenalty() + config.presencePenalty();
            }
        }
        return scores;
    }

    private static int topP(float topP, float[] scores, List<Integer> order) {
        double[] weights = weights(scores, order, 1);
        double target = topP * sum(weights);
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i];
            if (topP < 1 && sum >= target) {
                return i + 1;
            }
        }
        return weights.length;
    }

    private static double[] weights(float[] scores, List<Integer> order, double temperature) {
        return order.stream()
                .mapToDouble(i -> Math.exp((scores[i] - scores[order.get(0)]) / temperature))
                .toArray();
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }
}
