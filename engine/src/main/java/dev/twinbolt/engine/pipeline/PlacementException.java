package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.List;

/// A model cannot be laid out as asked: ask for a shorter context, another split or more devices.
public class PlacementException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public PlacementException(String message) {
        super(message);
    }

    /// Fewer nodes get layers than are required: ask for another split, or require fewer.
    public static final class TooFewNodes extends PlacementException {
        private static final long serialVersionUID = 1;

        public TooFewNodes(String message) {
            super(message);
        }
    }

    /// Says what the model needs and how much room there is.
    static PlacementException doesNotFit(ModelCost cost, List<DeviceFacts> devices) {
        long needed = cost.totalBytes(new StageRange(true, 0, cost.layerCount(), true));
        List<String> rooms = new ArrayList<>();
        for (DeviceFacts device : devices) {
            long room = Math.max(0, device.roomBytes());
            rooms.add(device.name() + " has room for " + Placement.bytes(room));
        }
        return new PlacementException(
                "the model needs %s with this context; %s; add a device or shorten the context"
                        .formatted(Placement.bytes(needed), String.join(", ", rooms)));
    }
}
