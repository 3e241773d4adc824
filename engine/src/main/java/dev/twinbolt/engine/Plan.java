package dev.twinbolt.engine;

import dev.twinbolt.engine.pipeline.Placement;

/// What would be loaded where, known before anything is.
///
/// @param contextLength tokens a conversation may hold
/// @param placement the stages with their devices and bytes
public record Plan(String modelName, int contextLength, Placement placement) {
    /// The plan as a table for people, one line per stage.
    public String table() {
        return "%s, context %d%n%s".formatted(modelName, contextLength, placement.table());
    }
}
