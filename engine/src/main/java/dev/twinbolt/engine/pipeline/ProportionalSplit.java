package dev.twinbolt.engine.pipeline;

import java.util.Arrays;
import java.util.List;

/// The layers of each device in proportion to something: shares that a caller gives, or free
/// memory.
final class ProportionalSplit {
    private ProportionalSplit() {}

    /// As `request` asks.
    static int[] byShares(ModelCost cost, List<DeviceFacts> devices, PlacementRequest request) {
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

    private static String names(List<DeviceFacts> devices) {
        return String.join(", ", devices.stream().map(DeviceFacts::name).toList());
    }

    /// Layers in proportion to what each device has free beyond its reserve.
    static int[] byMemory(ModelCost cost, List<DeviceFacts> devices, int maxOffloaded) {
        int host = devices.size() - 1;
        double[] shares = new double[devices.size()];
        int[] limits = new int[devices.size()];
        for (int i = 0; i < devices.size(); i++) {
            boolean isHost = devices.get(i).isHost();
            long compute = cost.computeBytes(new StageRange(isHost, 0, 1, isHost));
            long room = devices.get(i).roomBytes() - compute;
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
            throw PlacementException.doesNotFit(cost, devices);
        }
        return layers;
    }

    private static int layersWithin(ModelCost cost, DeviceFacts device, long room) {
        StageRange all = new StageRange(false, 0, cost.layerCount(), false);
        long perLayer =
                device.neededBytes(
                        cost.weightBytes(all) / cost.layerCount(), cost.kvBytesPerLayer());
        return Math.clamp(room / Math.max(1, perLayer), 0, cost.layerCount());
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
}
