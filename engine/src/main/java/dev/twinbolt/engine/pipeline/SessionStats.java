package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What stages did for a conversation, those that were replaced among them.
final class SessionStats {
    private record Part(String device, StageRange range) {
        static Part of(Stage stage) {
            return new Part(stage.device().name(), stage.range());
        }
    }

    private static final class Count {
        long passes;
        long nanos;
    }

    private final Map<Part, Count> counts = new LinkedHashMap<>();
    private long computingNanos;

    /// The stages of `scheduler` are listed from now on.
    void meet(Scheduler scheduler) {
        for (int i = 0; i < scheduler.stageCount(); i++) {
            count(scheduler.stage(i));
        }
    }

    /// Counts what became of `feed`, which took `nanos`.
    void add(Scheduler scheduler, Feed feed, long nanos) {
        for (int i = 0; i < scheduler.stageCount(); i++) {
            Count count = count(scheduler.stage(i));
            count.passes += feed.passes(i);
            count.nanos += feed.nanos(i);
        }
        computingNanos += nanos;
    }

    private Count count(Stage stage) {
        return counts.computeIfAbsent(Part.of(stage), _ -> new Count());
    }

    List<StageStats> list() {
        List<StageStats> stats = new ArrayList<>();
        counts.forEach(
                (part, count) ->
                        stats.add(
                                new StageStats(
                                        part.device(),
                                        part.range(),
                                        count.passes,
                                        count.nanos,
                                        Math.max(0, computingNanos - count.nanos))));
        return stats;
    }
}
