package dev.twinbolt.cli;

import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.StageStats;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// The forward passes of a short while, for a line of the live view. For one thread.
final class StatsWindow {
    private final Map<String, Long> busyNanos = new LinkedHashMap<>();
    private long tokens;
    private int position;

    void add(PassStats pass) {
        tokens += pass.tokens();
        position = pass.position() + pass.tokens() / pass.conversations();
        for (StageStats stage : pass.stages()) {
            busyNanos.merge(stage.device(), stage.computedNanos() - stage.linkNanos(), Long::sum);
            if (stage.linkNanos() > 0) {
                busyNanos.merge("link to " + stage.device(), stage.linkNanos(), Long::sum);
            }
        }
    }

    /// What was done in `nanos`, such as `token 120, 9.8 tokens/s: CPU 55 %, RPC0[...] 42 %`.
    String line(long nanos) {
        StringJoiner busy = new StringJoiner(", ");
        busyNanos.forEach(
                (name, spent) ->
                        busy.add(
                                String.format(
                                        Locale.ROOT, "%s %.0f %%", name, 100.0 * spent / nanos)));
        return String.format(
                Locale.ROOT, "token %d, %.1f tokens/s: %s", position, tokens * 1e9 / nanos, busy);
    }
}
