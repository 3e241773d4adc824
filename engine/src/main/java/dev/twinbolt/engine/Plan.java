package dev.twinbolt.engine;

import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.engine.pipeline.PlacementReasons;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.engine.pipeline.Prediction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What would be loaded where, known before anything is.
///
/// @param contextLength tokens a conversation may hold
/// @param devices a line for people on each device: its name and what it computes with
/// @param placement the stages with their devices and bytes
/// @param prediction how fast it would be; null where the speed of a device is unknown
/// @param reasons lines for people: the prediction, and why the cut is where it is
public record Plan(
        String modelName,
        int contextLength,
        List<String> devices,
        Placement placement,
        @Nullable Prediction prediction,
        List<String> reasons) {
    public Plan {
        devices = List.copyOf(devices);
        reasons = List.copyOf(reasons);
    }

    /// Throws what [Placement#plan] throws. `devices` are lines for people on `facts`.
    static Plan of(
            ModelCost cost,
            List<DeviceFacts> facts,
            List<String> devices,
            PlacementRequest request) {
        Placement placement = Placement.plan(cost, facts, request);
        return new Plan(
                cost.model().name(),
                cost.capacity().contextLength(),
                devices,
                placement,
                Prediction.of(cost, placement).orElse(null),
                PlacementReasons.of(cost, facts, request, placement));
    }

    /// The plan as a table for people, one line per device, one per stage, and the reasons.
    public String table() {
        return table(0);
    }

    /// As [#table()], for a terminal of so many columns: a few short lines per stage where the
    /// table is wider. 0 is as wide as it takes.
    public String table(int columns) {
        StringBuilder text = new StringBuilder();
        text.append("%s, context %d%n".formatted(Printable.line(modelName), contextLength));
        devices.forEach(device -> text.append("%s%n".formatted(Printable.line(device))));
        text.append(placement.table(columns));
        reasons.forEach(reason -> text.append("%s%n".formatted(Printable.line(reason))));
        return text.toString();
    }
}
