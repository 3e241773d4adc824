package dev.twinbolt.engine.sampling;

/// Chooses the next token from logits, in llama.cpp's default order: penalties, top-k, top-p,
/// min-p, temperature, draw.
///
/// The chance of a draw comes from the seed alone, and all else is the same on every machine, so
/// the same logits give the same tokens. Tell it each token of prompt and generation with
/// [#accept], which the penalties look at. One instance per conversation; not thread-safe.
public final class Sampler {
    private final SamplerConfig config;
    private final RecentTokens recent;
    private final SplitMix64 random;
    private final Candidates candidates = new Candidates();
    private float[] penalized = new float[0];
    private double[] weights = new double[0];

    private Sampler(SamplerConfig config) {
        this.config = config;
        recent = new RecentTokens(config.repeatLastN());
        random = new SplitMix64(config.seed());
    }

    public static Sampler of(SamplerConfig config) {
        return new Sampler(config);
    }

    /// Remembers a token of the text so far.
    public void accept(int token) {
        if (config.isPenalizing()) {
            recent.accept(token);
        }
    }

    /// The next token, one of the indices of `logits`, which stay as they are.
    ///
    /// @throws SamplingException when a logit is no number or none is finite
    public int sample(float[] logits) {
        float[] scores = penalize(logits);
        int best = best(scores);
        if (config.isGreedy()) {
            return best;
        }
        int all = scores.length;
        candidates.select(scores, config.topK() > 0 ? Math.min(config.topK(), all) : all);
        topP();
        minP();
        return draw();
    }

    private float[] penalize(float[] logits) {
        if (!config.isPenalizing()) {
            return logits;
        }
        if (penalized.length != logits.length) {
            penalized = new float[logits.length];
        }
        System.arraycopy(logits, 0, penalized, 0, logits.length);
        recent.penalize(penalized, config);
        return penalized;
    }

    private static int best(float[] scores) {
        int best = -1;
        float bestScore = Float.NEGATIVE_INFINITY;
        for (int token = 0; token < scores.length; token++) {
            float score = scores[token];
            if (score > bestScore) {
                best = token;
                bestScore = score;
            } else if (Float.isNaN(score)) {
                throw unusable(token, score);
            }
        }
        if (best < 0) {
            throw new SamplingException(
                    "none of the "
                            + scores.length
                            + " logits is above -Infinity; no token is possible");
        }
        if (bestScore == Float.POSITIVE_INFINITY) {
            throw unusable(best, bestScore);
        }
        return best;
    }

    private static SamplingException unusable(int token, float score) {
        return new SamplingException(
                "the logit of token "
                        + token
                        + " is "
                        + score
                        + ", expected a finite number; the model's weights are damaged, get the file anew");
    }

    /// The fewest best tokens whose probabilities sum to `topP`.
    private void topP() {
        if (config.topP() >= 1) {
            return;
        }
        double target = config.topP() * weigh(1);
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += weights[i];
            if (sum >= target) {
                candidates.truncate(i + 1);
                return;
            }
        }
    }

    private void minP() {
        if (config.minP() <= 0) {
            return;
        }
        double least = candidates.logit(0) + StrictMath.log(config.minP());
        int kept = 1;
        while (kept < candidates.size() && candidates.logit(kept) >= least) {
            kept++;
        }
        candidates.truncate(kept);
    }

    private int draw() {
        double target = random.nextDouble() * weigh(config.temperature());
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += weights[i];
            if (sum > target) {
                return candidates.token(i);
            }
        }
        // Only where rounding made the target as large as the sum.
        return candidates.token(0);
    }

    /// Sets `weights` to the candidates' probabilities relative to the best one's, and returns
    /// their sum. StrictMath, because Math.exp may differ in the last bit from one machine to
    /// another.
    private double weigh(double temperature) {
        if (weights.length < candidates.size()) {
            weights = new double[candidates.size()];
        }
        double best = candidates.logit(0);
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            weights[i] = StrictMath.exp((candidates.logit(i) - best) / temperature);
            sum += weights[i];
        }
        return sum;
    }
}
