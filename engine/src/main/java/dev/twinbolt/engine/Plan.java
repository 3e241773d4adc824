package dev.twinbolt.engine;

import dev.twinbolt.engine.pipeline.Placement;

/// What would be loaded where, known before anything is.
///
/// @param contextLength tokens a conversation may hold
/// @param placement the stages with their devices and bytes
public record Plan(String modelName, int contextLength, Placement placement) {
    /// The plan as a table for people, one line per stage.
    public String table() {
        return table(0);
    }

    /// As [#table()], for a terminal of so many columns: a few short lines per stage where the
    /// table is wider. 0 is as wide as it takes.
    public String table(int columns) {
        return "%s, context %d%n%s".formatted(modelName, contextLength, placement.table(columns));
    }
}
