package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Why a placement is as it is and how fast it is predicted to be, in lines for people. A pure
/// function of what the placement was made of.
public final class PlacementReasons {
    private final ModelCost cost;
    private final List<DeviceFacts> devices;
    private final PlacementRequest request;
    private final Placement placement;
    private final List<String> lines = new ArrayList<>();

    private PlacementReasons(
            ModelCost cost,
            List<DeviceFacts> devices,
            PlacementRequest request,
            Placement placement) {
        this.cost = cost;
        this.devices = devices;
        this.request = request;
        this.placement = placement;
    }

    /// `placement` is what [Placement#plan] made of the others.
    public static List<String> of(
            ModelCost cost,
            List<DeviceFacts> devices,
            PlacementRequest request,
            Placement placement) {
        PlacementReasons reasons = new PlacementReasons(cost, devices, request, placement);
        Prediction.of(cost, placement).ifPresent(reasons::addSpeed);
        for (int i = 0; i < devices.size() - 1; i++) {
            reasons.addDevice(i);
        }
        reasons.addHost();
        return List.copyOf(reasons.lines);
    }

    /// A line for each device that gets no layers.
    static List<String> whyNone(
            ModelCost cost,
            List<DeviceFacts> devices,
            PlacementRequest request,
            Placement placement) {
        PlacementReasons reasons = new PlacementReasons(cost, devices, request, placement);
        for (int i = 0; i < devices.size() - 1; i++) {
            if (reasons.stage(i) == null) {
                reasons.addDevice(i);
            }
        }
        return List.copyOf(reasons.lines);
    }

    private void addSpeed(Prediction prediction) {
        lines.add(
                format(
                        "predicted: %s tokens/s generated, a prompt of %d tokens at %s tokens/s",
                        rate(prediction.tokensPerSecond()),
                        prediction.promptTokens(),
                        rate(prediction.promptTokensPerSecond())));
        double whole = prediction.tokenSeconds();
        StageTime slowest = prediction.bottleneck();
        boolean isLink = slowest.linkSeconds() > slowest.computeSeconds();
        lines.add(
                format(
                        "bottleneck: %s%s, %s of a token's %s",
                        isLink ? "the link to " : "reading %s on ".formatted(mostRead(slowest)),
                        slowest.stage().facts().name(),
                        millis(isLink ? slowest.linkSeconds() : slowest.computeSeconds()),
                        millis(whole)));
        for (StageTime time : prediction.stages()) {
            if (time.linkSeconds() > 0) {
                lines.add(
                        format(
                                "link: each token goes to %s and back once, %s of %s",
                                time.stage().facts().name(),
                                millis(time.linkSeconds()),
                                millis(whole)));
            }
        }
        if (placement.nodeCount() > 1) {
            lines.add(
                    "link: ggml RPC is a star, so what goes from node to node goes through the host: "
                            + format("%d crossings a token", 2 * placement.nodeCount()));
        }
    }

    private String mostRead(StageTime time) {
        StageRange range = time.stage().range();
        double kvBytes = range.layerCount() * cost.kvReadBytesPerLayer();
        return kvBytes > cost.activeWeights(range).bytes() ? "K and V" : "the weights";
    }

    private void addDevice(int device) {
        String name = devices.get(device).name();
        Placement.Stage stage = stage(device);
        lines.add(
                stage == null
                        ? "%s gets no layers: %s".formatted(name, whyNone(device))
                        : "%s on %s: %s".formatted(stage.range().describe(), name, why(stage)));
    }

    private Placement.@Nullable Stage stage(int device) {
        return placement.stages().stream()
                .filter(stage -> stage.device() == device)
                .findFirst()
                .orElse(null);
    }

    private String whyNone(int device) {
        if (request.maxOffloadedLayers() == 0) {
            return "none may leave the host";
        }
        if (!request.tensorSplit().isEmpty()) {
            return "the split gives it none";
        }
        return hasRoom(device, 0, 1)
                ? FastestSplit.knows(devices)
                        ? "with it a token would take longer"
                        : "others have more memory free"
                : "it has no room for one beside its reserve";
    }

    private String why(Placement.Stage stage) {
        if (!request.tensorSplit().isEmpty()) {
            return "the split asks for that";
        }
        StageRange range = stage.range();
        boolean isLast = range.endLayer() == cost.layerCount();
        if (!isLast && !hasRoom(stage.device(), range.firstLayer(), range.endLayer() + 1)) {
            return "its memory is filled to %d %%, the rest is reserve"
                    .formatted(placement.percentFull(stage));
        }
        if (!FastestSplit.knows(devices)) {
            return "a share as large as its free memory, as not all speeds are known";
        }
        if (!isLast && range.endLayer() == request.maxOffloadedLayers()) {
            return "no more may leave the host";
        }
        return range.layerCount() == cost.layerCount()
                ? "it is the fastest"
                : "any other number would make a token slower";
    }

    private boolean hasRoom(int device, int first, int end) {
        DeviceFacts facts = devices.get(device);
        StageRange range = new StageRange(false, first, end, false);
        long other = cost.kvBytes(range) + cost.computeBytes(range);
        return facts.neededBytes(cost.weightBytes(range), other) <= facts.roomBytes();
    }

    private void addHost() {
        int host = devices.size() - 1;
        DeviceFacts facts = devices.get(host);
        Placement.Stage last = placement.stages().getLast();
        if (devices.size() > 1 && last.range().layerCount() > 0) {
            String rest = placement.stages().size() == 1 ? "everything" : "the rest";
            lines.add("%s on %s: %s".formatted(last.range().describe(), facts.name(), rest));
        }
        if (StageTime.readsDisk(facts, placement.bytesOn(host))) {
            lines.add(
                    format(
                            "%s has %s free for %s: it reads the file again for every token, predicted at %.0f GB/s",
                            facts.name(),
                            Placement.bytes(facts.freeBytes()),
                            Placement.bytes(placement.bytesOn(host)),
                            StageTime.DISK_BYTES_PER_SECOND / 1e9));
        }
    }

    private static String millis(double seconds) {
        return format(seconds < 0.01 ? "%.2f ms" : "%.1f ms", seconds * 1e3);
    }

    private static String rate(double rate) {
        return format(rate < 100 ? "%.1f" : "%.0f", rate);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
