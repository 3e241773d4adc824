package dev.twinbolt.cli;

import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.pipeline.StageStats;
import java.util.Locale;

/// What a generation took, for people.
final class Summary {
    private Summary() {}

    static String of(Generation generation) {
        StringBuilder text = new StringBuilder();
        text.append(rate("prompt", generation.promptTokens(), generation.promptNanos()));
        text.append(rate("generation", generation.generatedTokens(), generation.generationNanos()));
        for (StageStats stage : generation.stages()) {
            text.append(
                    line(
                            "%s, %s: %d forward pass%s, computed %.2f s, waited %.2f s",
                            stage.device(),
                            stage.range().describe(),
                            stage.forwardPasses(),
                            stage.forwardPasses() == 1 ? "" : "es",
                            seconds(stage.computedNanos()),
                            seconds(stage.waitedNanos())));
        }
        return text.toString();
    }

    private static String rate(String what, int tokens, long nanos) {
        double rate = nanos == 0 ? 0 : tokens / seconds(nanos);
        return line("%s: %d token%s, %.1f tokens/s", what, tokens, tokens == 1 ? "" : "s", rate);
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values) + System.lineSeparator();
    }
}
