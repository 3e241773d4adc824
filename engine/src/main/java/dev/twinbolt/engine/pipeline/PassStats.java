package dev.twinbolt.engine.pipeline;

import java.util.List;

/// One forward pass that has gone through all stages.
///
/// @param position of its first token in the conversation; in the first one of several
/// @param tokens of all conversations together
/// @param conversations that shared it
/// @param stages what each did in it, in order
public record PassStats(int position, int tokens, int conversations, List<StageStats> stages) {
    public PassStats {
        stages = List.copyOf(stages);
    }
}
