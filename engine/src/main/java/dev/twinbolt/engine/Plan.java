package dev.twinbolt.engine;

import dev.twinbolt.engine.pipeline.Placement;
import java.util.List;

/// What would be loaded where, known before anything is.
///
/// @param contextLength tokens a conversation may hold
/// @param devices a line for people on each device: its name and what it computes with
/// @param placement the stages with their devices and bytes
public record Plan(String modelName, int contextLength, List<String> devices, Placement placement) {
    public Plan {
        devices = List.copyOf(devices);
    }

    /// The plan as a table for people, one line per device and one per stage.
    public String table() {
        return table(0);
    }

    /// As [#table()], for a terminal of so many columns: a few short lines per stage where the
    /// table is wider. 0 is as wide as it takes.
    public String table(int columns) {
        StringBuilder text = new StringBuilder();
        text.append("%s, context %d%n".formatted(modelName, contextLength));
        devices.forEach(device -> text.append("%s%n".formatted(device)));
        return text.append(placement.table(columns)).toString();
    }
}
