package dev.twinbolt.engine.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
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
    private static final List<String> HEADINGS =
            List.of("device", "computes", "weights", "KV", "buffers");
    private static final int FIRST_NUMBER = 2;
    private static final String GAP = "  ";

    /// The devices' last must be the host's CPU. Throws [PlacementException] with the reason where
    /// the model cannot fit or the request contradicts the devices.
    public static Placement plan(
            ModelCost cost, List<DeviceFacts> devices, PlacementRequest request) {
        int host = devices.size() - 1;
        if (host < 0 || !devices.get(host).isHost()) {
            throw new IllegalArgumentException("the last device must be the host's CPU");
        }
        int[] layers =
                request.tensorSplit().isEmpty()
                        ? byMemory(cost, devices, request.maxOffloadedLayers())
                        : bySplit(cost, devices, request);
        Placement placement = of(cost, devices, layers);
        placement.stages().forEach(Placement::checkFits);
        return placement;
    }

    private static int[] bySplit(
            ModelCost cost, List<DeviceFacts> devices, PlacementRequest request) {
        List<Double> split = request.tensorSplit();
        if (split.size() > devices.size()) {
            throw new IllegalArgumentException(
                    "tensor split has %d shares, but there %s: %s"
                            .formatted(
                                    split.size(),
                                    devices.size() == 1
                                            ? "is 1 device"
                                            : "are %d devices".formatted(devices.size()),
                                    names(devices)));
        }
        double[] shares = new double[devices.size()];
        for (int i = 0; i < split.size(); i++) {
            shares[i] = split.get(i);
        }
        int[] layers = apportion(cost.layerCount(), shares);
        int host = devices.size() - 1;
        int offloaded = cost.layerCount() - layers[host];
        if (offloaded > request.maxOffloadedLayers()) {
            shares[host] = 0;
            layers = apportion(request.maxOffloadedLayers(), shares);
            layers[host] = cost.layerCount() - request.maxOffloadedLayers();
        }
        return layers;
    }

    /// Layers in proportion to what each device has free beyond its reserve.
    private static int[] byMemory(ModelCost cost, List<DeviceFacts> devices, int maxOffloaded) {
        int host = devices.size() - 1;
        double[] shares = new double[devices.size()];
        int[] limits = new int[devices.size()];
        for (int i = 0; i < devices.size(); i++) {
            boolean isHost = devices.get(i).isHost();
            long compute = cost.computeBytes(new StageRange(isHost, 0, 1, isHost));
            long room = room(devices.get(i)) - compute;
            limits[i] = layersWithin(cost, devices.get(i), room);
            shares[i] = limits[i] == 0 ? 0 : Math.max(0, room);
        }
        int[] layers = new int[devices.size()];
        if (Arrays.stream(shares).sum() > 0) {
            layers = apportion(cost.layerCount(), shares);
        }
        int left = cost.layerCount();
        int offloadable = maxOffloaded;
        for (int i = 0; i < host; i++) {
            layers[i] = Math.min(layers[i], Math.min(limits[i], offloadable));
            offloadable -= layers[i];
            left -= layers[i];
        }
        // What the host has no room for goes to whichever device still has some.
        layers[host] = Math.min(left, limits[host]);
        left -= layers[host];
        for (int i = 0; i < host && left > 0; i++) {
            int more = Math.min(left, Math.min(limits[i] - layers[i], offloadable));
            layers[i] += more;
            offloadable -= more;
            left -= more;
        }
        if (left > 0) {
            throw new PlacementException(doesNotFit(cost, devices));
        }
        return layers;
    }

    private static int layersWithin(ModelCost cost, DeviceFacts device, long room) {
        StageRange all = new StageRange(false, 0, cost.layerCount(), false);
        long perLayer =
                needed(device, cost.weightBytes(all) / cost.layerCount(), cost.kvBytesPerLayer());
        return Math.clamp(room / Math.max(1, perLayer), 0, cost.layerCount());
    }

    /// What a stage takes of its device's memory. The host computes on the mapped file itself, so
    /// weights take none there.
    private static long needed(DeviceFacts device, long weightBytes, long otherBytes) {
        return device.isHost() ? otherBytes : weightBytes + otherBytes;
    }

    /// What may be used of a device: all that is free on the host, elsewhere all but the larger of
    /// 1 GiB and 15 %.
    private static long room(DeviceFacts device) {
        if (device.isHost()) {
            return device.freeBytes();
        }
        return device.freeBytes() - Math.max(GIB, device.totalBytes() / 100 * 15);
    }

    /// Whole layers: each cut between two devices is rounded by itself, so that shares of 9 and 11
    /// over 20 layers give 9 and 11, and no device is off by more than one.
    private static int[] apportion(int layerCount, double[] shares) {
        double sum = Arrays.stream(shares).sum();
        int[] layers = new int[shares.length];
        if (sum == 0) {
            return layers;
        }
        double cumulative = 0;
        int given = 0;
        for (int i = 0; i < shares.length; i++) {
            cumulative += shares[i];
            int end = (int) Math.round(layerCount * cumulative / sum);
            layers[i] = end - given;
            given = end;
        }
        return layers;
    }

    private static Placement of(ModelCost cost, List<DeviceFacts> devices, int[] layers) {
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
                needed(stage.facts(), stage.weightBytes(), stage.kvBytes() + stage.computeBytes());
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

    private static String doesNotFit(ModelCost cost, List<DeviceFacts> devices) {
        long needed = cost.totalBytes(new StageRange(true, 0, cost.layerCount(), true));
        List<String> rooms = new ArrayList<>();
        for (DeviceFacts device : devices) {
            rooms.add(device.name() + " has room for " + bytes(Math.max(0, room(device))));
        }
        return "the model needs %s with this context; %s; add a device or shorten the context"
                .formatted(bytes(needed), String.join(", ", rooms));
    }

    private static String names(List<DeviceFacts> devices) {
        return String.join(", ", devices.stream().map(DeviceFacts::name).toList());
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

    /// The plan as a table: one line per stage, or where that is wider than `columns`, one per
    /// cell. 0 is as wide as it takes.
    public String table(int columns) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        stages.forEach(stage -> rows.add(cells(stage)));
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        int width = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1);
        StringBuilder text = new StringBuilder();
        if (columns == 0 || width < columns) {
            rows.forEach(row -> appendLine(text, row, widths));
        } else {
            stages.forEach(stage -> appendLines(text, cells(stage)));
        }
        return text.toString();
    }

    private static List<String> cells(Stage stage) {
        return List.of(
                stage.facts().name(),
                stage.range().describe(),
                bytes(stage.weightBytes()),
                bytes(stage.kvBytes()),
                bytes(stage.computeBytes()));
    }

    private static void appendLine(StringBuilder text, List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            String pad = " ".repeat(widths[i] - row.get(i).length());
            boolean isNumber = i >= FIRST_NUMBER;
            text.append(i == 0 ? "" : GAP);
            text.append(isNumber ? pad + row.get(i) : row.get(i) + pad);
        }
        text.append(System.lineSeparator());
    }

    private static void appendLines(StringBuilder text, List<String> row) {
        for (int i = 0; i < row.size(); i++) {
            text.append(i == 0 ? "" : "  " + HEADINGS.get(i) + " ");
            text.append(row.get(i)).append(System.lineSeparator());
        }
    }
}
