package dev.twinbolt.engine.sampling;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// How often each of the last tokens occurred, which the penalties ask for.
final class RecentTokens {
    private static final int UNLIMITED = -1;

    private final int limit;
    private final ArrayDeque<Integer> order = new ArrayDeque<>();
    private final Map<Integer, Integer> counts = new HashMap<>();

    /// Keeps the last `limit` tokens; -1 keeps all.
    RecentTokens(int limit) {
        this.limit = limit;
    }

    void accept(int token) {
        if (limit == 0) {
            return;
        }
        counts.merge(token, 1, Integer::sum);
        if (limit == UNLIMITED) {
            return;
        }
        order.add(token);
        if (order.size() > limit) {
            counts.computeIfPresent(order.remove(), (t, count) -> count == 1 ? null : count - 1);
        }
    }

    /// Applies the penalties of `config` to `logits`, repetition first.
    void penalize(float[] logits, SamplerConfig config) {
        counts.forEach(
                (token, count) -> {
                    if (token >= logits.length) {
                        return;
                    }
                    float logit = logits[token];
                    logit =
                            logit <= 0
                                    ? logit * config.repeatPenalty()
                                    : logit / config.repeatPenalty();
                    logits[token] =
                            logit - (count * config.frequencyPenalty() + config.presencePenalty());
                });
    }
}
