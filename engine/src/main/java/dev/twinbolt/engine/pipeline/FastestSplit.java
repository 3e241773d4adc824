package dev.twinbolt.engine.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// The layers of each device with which a token is predicted to take least, among all ways to give
/// contiguous layers to the devices in their order that fit. Of equals it is the one with fewer
/// stages.
///
/// Layers are unequal, so it looks at every cut: the best of the first `d` devices for the first
/// `e` layers follows from the best of one device less for each number of layers up to `e`.
final class FastestSplit {
    /// Times that differ by less are equal.
    private static final double TIE = 1e-9;

    private final ModelCost cost;
    private final List<DeviceFacts> devices;
    private final int layerCount;
    private final int host;

    /// Of the first `e` layers: weights in memory, and bytes that a token reads.
    private final long[] weightBytes;

    private final double[] readBytes;

    /// Of embedding and head.
    private final long endsWeightBytes;

    private final double endsReadBytes;
    private final long nodeComputeBytes;

    /// Of the host, by whether it computes all layers, some or none.
    private final long[] hostComputeBytes;

    private FastestSplit(ModelCost cost, List<DeviceFacts> devices) {
        this.cost = cost;
        this.devices = devices;
        this.layerCount = cost.layerCount();
        this.host = devices.size() - 1;
        this.weightBytes = new long[layerCount + 1];
        this.readBytes = new double[layerCount + 1];
        for (int i = 0; i < layerCount; i++) {
            StageRange layer = new StageRange(false, i, i + 1, false);
            weightBytes[i + 1] = weightBytes[i] + cost.weightBytes(layer);
            readBytes[i + 1] =
                    readBytes[i] + cost.activeWeights(layer).bytes() + cost.kvReadBytesPerLayer();
        }
        StageRange ends = new StageRange(true, 0, 0, true);
        this.endsWeightBytes = cost.weightBytes(ends);
        this.endsReadBytes = cost.activeWeights(ends).bytes();
        this.nodeComputeBytes = cost.computeBytes(new StageRange(false, 0, 1, false));
        this.hostComputeBytes =
                new long[] {
                    cost.computeBytes(new StageRange(true, 0, 1, true)),
                    cost.computeBytes(new StageRange(false, 0, 1, true)),
                    cost.computeBytes(new StageRange(false, 0, 0, true))
                };
    }

    /// Empty where nothing fits. The speeds of all devices are known, and the last is the host.
    static Optional<int[]> layers(ModelCost cost, List<DeviceFacts> devices, int maxOffloaded) {
        return new FastestSplit(cost, devices).solve(Math.min(maxOffloaded, cost.layerCount()));
    }

    private Optional<int[]> solve(int most) {
        double[] seconds = new double[most + 1];
        int[] stages = new int[most + 1];
        Arrays.fill(seconds, Double.POSITIVE_INFINITY);
        seconds[0] = 0;
        int[][] starts = new int[host][];
        for (int device = 0; device < host; device++) {
            starts[device] = add(device, seconds, stages);
        }
        int start = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int first = 0; first <= most; first++) {
            double total = seconds[first] + hostSeconds(first);
            boolean isFewer = start >= 0 && stages[first] < stages[start];
            if (fitsHost(first) && isBetter(total, isFewer, least)) {
                least = total;
                start = first;
            }
        }
        if (start < 0) {
            return Optional.empty();
        }
        int[] layers = new int[devices.size()];
        layers[host] = layerCount - start;
        int end = start;
        for (int device = host - 1; device >= 0; device--) {
            layers[device] = end - starts[device][end];
            end = starts[device][end];
        }
        return Optional.of(layers);
    }

    private static boolean isBetter(double seconds, boolean isFewer, double least) {
        return seconds < least * (1 - TIE) || (isFewer && seconds <= least * (1 + TIE));
    }

    /// Turns the best of the devices before `device` into the best with it as well; returns where
    /// its layers start, by where they end.
    private int[] add(int device, double[] seconds, int[] stages) {
        double[] before = seconds.clone();
        int[] stagesBefore = stages.clone();
        int[] starts = new int[seconds.length];
        for (int end = 0; end < seconds.length; end++) {
            starts[end] = end;
            for (int first = end - 1; first >= 0 && fits(device, first, end); first--) {
                double total = before[first] + deviceSeconds(device, first, end);
                boolean isFewer = stagesBefore[first] + 1 < stages[end];
                if (isBetter(total, isFewer, seconds[end])) {
                    seconds[end] = total;
                    stages[end] = stagesBefore[first] + 1;
                    starts[end] = first;
                }
            }
        }
        return starts;
    }

    private boolean fits(int device, int first, int end) {
        DeviceFacts facts = devices.get(device);
        long needed =
                facts.neededBytes(
                        weightBytes[end] - weightBytes[first], otherBytes(first, end, device));
        return needed <= facts.roomBytes();
    }

    private boolean fitsHost(int first) {
        DeviceFacts facts = devices.get(host);
        return facts.neededBytes(0, otherBytes(first, layerCount, host)) <= facts.roomBytes();
    }

    private long otherBytes(int first, int end, int device) {
        int part = first == 0 ? 0 : first < layerCount ? 1 : 2;
        long compute = device == host ? hostComputeBytes[part] : nodeComputeBytes;
        return (end - first) * cost.kvBytesPerLayer() + compute;
    }

    private double deviceSeconds(int device, int first, int end) {
        DeviceFacts facts = devices.get(device);
        return StageTime.computeSeconds(facts, readBytes[end] - readBytes[first], 0)
                + StageTime.linkSeconds(facts, cost, 1);
    }

    private double hostSeconds(int first) {
        long resident =
                endsWeightBytes
                        + weightBytes[layerCount]
                        - weightBytes[first]
                        + otherBytes(first, layerCount, host);
        double read = readBytes[layerCount] - readBytes[first] + endsReadBytes;
        return StageTime.computeSeconds(devices.get(host), read, resident);
    }

    /// Whether every device's speed is known.
    static boolean knows(List<DeviceFacts> devices) {
        return devices.stream().map(DeviceFacts::speed).allMatch(Objects::nonNull);
    }
}
