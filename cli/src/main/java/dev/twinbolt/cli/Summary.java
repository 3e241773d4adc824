package dev.twinbolt.cli;

import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.pipeline.Bottleneck;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.engine.pipeline.StageStats;
import java.util.List;
import java.util.Locale;

/// What a generation took, for people.
final class Summary {
    private static final String NEWLINE = System.lineSeparator();

    private Summary() {}

    /// One line per stage, or where one is wider than `columns`, a few; what is wider all the same
    /// is folded. 0 is as wide as it takes.
    static String of(Generation generation, int columns) {
        List<String> lines = stages(generation, ": ", ", ");
        boolean isNarrow = columns > 0 && lines.stream().anyMatch(line -> line.length() >= columns);
        if (isNarrow) {
            lines = stages(generation, NEWLINE + "  ", NEWLINE + "  ");
        }
        String text =
                rate("prompt", generation.promptTokens(), generation.promptNanos())
                        + NEWLINE
                        + rate(
                                "generation",
                                generation.generatedTokens(),
                                generation.generationNanos())
                        + NEWLINE
                        + drafts(generation)
                        + String.join(NEWLINE, lines)
                        + NEWLINE
                        + bottleneck(generation);
        return Terminal.fold(text, columns);
    }

    private static String bottleneck(Generation generation) {
        String text = Bottleneck.describe(generation.stages());
        return text.isEmpty() ? "" : text + NEWLINE;
    }

    private static String drafts(Generation generation) {
        return generation.draftedTokens() == 0
                ? ""
                : format(
                        "drafts: %d of %d tokens were right%s",
                        generation.confirmedTokens(), generation.draftedTokens(), NEWLINE);
    }

    /// `colon` stands after a stage's layers, `comma` before them and between what it took.
    private static List<String> stages(Generation generation, String colon, String comma) {
        return generation.stages().stream().map(stage -> text(stage, colon, comma)).toList();
    }

    private static String text(StageStats stage, String colon, String comma) {
        return stage.device()
                + comma
                + stage.range().describe()
                + colon
                + format(
                        "%d forward pass%s",
                        stage.forwardPasses(), stage.forwardPasses() == 1 ? "" : "es")
                + comma
                + format(
                        "computed %.2f s, waited %.2f s",
                        seconds(stage.computedNanos()), seconds(stage.waitedNanos()))
                + link(stage, comma);
    }

    private static String link(StageStats stage, String comma) {
        Traffic traffic = stage.traffic();
        return traffic.equals(Traffic.NONE)
                ? ""
                : comma
                        + format(
                                "its link %.2f s, sent %s, received %s",
                                seconds(stage.linkNanos()),
                                Placement.bytes(traffic.sentBytes()),
                                Placement.bytes(traffic.receivedBytes()));
    }

    private static String rate(String what, int tokens, long nanos) {
        double rate = nanos == 0 ? 0 : tokens / seconds(nanos);
        return format("%s: %d token%s, %.1f tokens/s", what, tokens, tokens == 1 ? "" : "s", rate);
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
