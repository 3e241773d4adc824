package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// What a pipeline's time goes to, in words. A pure function of what its stages did.
public final class Bottleneck {
    /// A link that takes less is not worth a word.
    private static final double LEAST_SHARE = 0.005;

    private record Part(String name, double share, boolean isLink) {
        String text(String verb) {
            return String.format(Locale.ROOT, "%s%s %.0f %%", name, verb, 100 * share);
        }
    }

    private Bottleneck() {}

    /// Such as `bottleneck: CPU, layers 8-15, 63 % of the time; the link to RPC0[10.0.0.2:50052]
    /// took 21 %`. Stages that are at work at the same time have more than 100 % together. Empty
    /// where there is one stage or nothing was computed.
    public static String describe(List<StageStats> stages) {
        double whole =
                stages.stream()
                        .mapToDouble(stage -> stage.computedNanos() + stage.waitedNanos())
                        .max()
                        .orElse(0);
        if (stages.size() < 2 || whole == 0) {
            return "";
        }
        List<Part> parts = new ArrayList<>();
        for (StageStats stage : stages) {
            double link = stage.linkNanos() / whole;
            String name = stage.device() + ", " + stage.range().describe();
            parts.add(new Part(name, stage.computedNanos() / whole - link, false));
            parts.add(new Part("the link to " + stage.device(), link, true));
        }
        parts.sort(Comparator.comparingDouble(Part::share).reversed());
        Part slowest = parts.removeFirst();
        StringBuilder text = new StringBuilder("bottleneck: " + slowest.text(",") + " of the time");
        for (Part part : parts) {
            boolean isNext = slowest.isLink() && part == parts.getFirst();
            if (isNext || part.isLink() && part.share() >= LEAST_SHARE) {
                text.append("; ").append(part.text(" took"));
            }
        }
        return text.toString();
    }
}
