package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Which device computes which part of a model, decided before anything is loaded. A pure function
/// of the model's costs, the devices' facts and the request.
///
/// Layers go to the devices in their order; the host's CPU is the last device, computes the last
/// layers, and keeps the embedding and the head, so that tokens and logits do not cross a link.
public record Placement(List<Stage> stages) {

    /// What one device computes, and what that takes of its memory.
    ///
    /// @param device index in the list of devices
    public record Stage(
            int device,
            DeviceFacts facts,
            StageRange range,
            long weightBytes,
            long kvBytes,
            long computeBytes) {}

    private static final long GIB = 1L << 30;

    /// The devices' last must be the host's CPU. Throws [PlacementException] with the reason where
    /// the model cannot fit or the request contradicts the devices.
    public static Placement plan(
            ModelCost cost, List<DeviceFacts> devices, PlacementRequest request) {
        int host = devices.size() - 1;
        if (host < 0 || !devices.get(host).isHost()) {
            throw new IllegalArgumentException("the last device must be the host's CPU");
        }
        Placement placement = of(cost, devices, layers(cost, devices, request));
        placement.stages().forEach(Placement::checkFits);
        placement.checkNodes(request.requiredNodes());
        return placement;
    }

    private static int[] layers(
            ModelCost cost, List<DeviceFacts> devices, PlacementRequest request) {
        if (!request.tensorSplit().isEmpty()) {
            return ProportionalSplit.byShares(cost, devices, request);
        }
        int most = request.maxOffloadedLayers();
        return FastestSplit.knows(devices)
                ? FastestSplit.layers(cost, devices, most)
                        .orElseThrow(() -> PlacementException.doesNotFit(cost, devices))
                : ProportionalSplit.byMemory(cost, devices, most);
    }

    static Placement of(ModelCost cost, List<DeviceFacts> devices, int[] layers) {
        int host = devices.size() - 1;
        List<Stage> stages = new ArrayList<>();
        int first = 0;
        boolean embedded = false;
        for (int i = 0; i < devices.size(); i++) {
            if (layers[i] == 0) {
                continue;
            }
            boolean isHost = i == host;
            if (!isHost && !embedded) {
                stages.add(stage(cost, devices, host, new StageRange(true, 0, 0, false)));
            }
            StageRange range =
                    new StageRange(
                            isHost && !embedded && first == 0, first, first + layers[i], isHost);
            stages.add(stage(cost, devices, i, range));
            embedded = true;
            first += layers[i];
        }
        if (layers[host] == 0) {
            StageRange head = new StageRange(false, first, first, true);
            stages.add(stage(cost, devices, host, head));
        }
        return new Placement(List.copyOf(stages));
    }

    private static Stage stage(
            ModelCost cost, List<DeviceFacts> devices, int device, StageRange range) {
        return new Stage(
                device,
                devices.get(device),
                range,
                cost.weightBytes(range),
                cost.kvBytes(range),
                cost.computeBytes(range));
    }

    private static void checkFits(Stage stage) {
        long needed =
                stage.facts()
                        .neededBytes(stage.weightBytes(), stage.kvBytes() + stage.computeBytes());
        if (needed > stage.facts().freeBytes()) {
            throw new PlacementException(
                    "%s on %s needs %s, it has %s free; shorten the context or change the split"
                            .formatted(
                                    stage.range().describe(),
                                    stage.facts().name(),
                                    bytes(needed),
                                    bytes(stage.facts().freeBytes())));
        }
    }

    private void checkNodes(int required) {
        if (nodeCount() < required) {
            throw new PlacementException.TooFewNodes(
                    "%d of the %d required nodes would get layers; require fewer, or give them layers by a split of your own"
                            .formatted(nodeCount(), required));
        }
    }

    /// How many nodes get layers; each is a device of another machine.
    public int nodeCount() {
        return (int)
                stages.stream()
                        .filter(stage -> !stage.facts().isLocal())
                        .filter(stage -> stage.range().layerCount() > 0)
                        .count();
    }

    /// What the stages of `device` take there, weights that are read in place included.
    public long bytesOn(int device) {
        return stages.stream()
                .filter(stage -> stage.device() == device)
                .mapToLong(s -> s.weightBytes() + s.kvBytes() + s.computeBytes())
                .sum();
    }

    /// How much of the memory of the stage's device is taken, by this placement and by whatever
    /// else is there, in percent.
    long percentFull(Stage stage) {
        DeviceFacts facts = stage.facts();
        double taken = facts.totalBytes() - facts.freeBytes() + bytesOn(stage.device());
        return Math.round(100 * taken / Math.max(1, facts.totalBytes()));
    }

    /// The plan as a table: one line per stage, or where that is wider than `columns`, one per
    /// cell. 0 is as wide as it takes.
    public String table(int columns) {
        return PlacementTable.of(this, columns);
    }

    /// `sizeBytes` for people, such as `3.2 GiB`.
    public static String bytes(long sizeBytes) {
        if (sizeBytes < 1 << 20) {
            return String.format(Locale.ROOT, "%.1f KiB", sizeBytes / 1024.0);
        }
        return sizeBytes < GIB
                ? String.format(Locale.ROOT, "%.1f MiB", sizeBytes / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.1f GiB", sizeBytes / (double) GIB);
    }
}
