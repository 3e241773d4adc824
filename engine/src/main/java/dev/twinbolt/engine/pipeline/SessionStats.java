package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.speed.LinkSpeed;
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

    private record Count(LinkSpeed link, StageWork work) {}

    private final Map<Part, Count> counts = new LinkedHashMap<>();
    private long computingNanos;

    /// The stages of `scheduler` are listed from now on.
    void meet(Scheduler scheduler) {
        for (int i = 0; i < scheduler.stageCount(); i++) {
            count(scheduler.stage(i), StageWork.NONE);
        }
    }

    /// Counts what became of `feed`, which took `nanos`.
    void add(Scheduler scheduler, Feed feed, long nanos) {
        for (int i = 0; i < scheduler.stageCount(); i++) {
            count(scheduler.stage(i), feed.work(i));
        }
        computingNanos += nanos;
    }

    private void count(Stage stage, StageWork more) {
        counts.merge(
                Part.of(stage),
                new Count(stage.link(), more),
                (before, next) -> new Count(next.link(), before.work().plus(next.work())));
    }

    List<StageStats> list() {
        List<StageStats> stats = new ArrayList<>();
        counts.forEach(
                (part, count) ->
                        stats.add(
                                count.work()
                                        .stats(
                                                part.device(),
                                                part.range(),
                                                count.link(),
                                                computingNanos)));
        return stats;
    }
}
