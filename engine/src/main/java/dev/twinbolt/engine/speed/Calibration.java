package dev.twinbolt.engine.speed;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphAllocator;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Alignment;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;

/// Measures a device by what a model asks of it: products of matrices with one column, as a
/// generated token's, and with many, as a prompt's; and of its link a small question and a large
/// one. Asks only what every device and every node can do. Each is the best of a few tries, because
/// what else runs only takes away.
public final class Calibration implements AutoCloseable {
    /// Of weights, so that most come from memory and not from a cache.
    private static final long WEIGHT_BYTES = 128 << 20;

    private static final int DIM = 4096;
    private static final int PROMPT_TOKENS = 256;
    private static final int TRIES = 3;
    private static final int LEAST_LINK_TRIES = 5;

    /// So long a link is tried, as the first tries find the code on both sides cold.
    private static final double COLD_LINK_SECONDS = 0.08;

    /// The same where weights have just gone over it.
    private static final double WARM_LINK_SECONDS = 0.02;

    private static final double LEAST_SECONDS = 0.02;
    private static final int MOST_REPEATS = 1024;
    private static final int LEAST_TRANSFER_BYTES = 1 << 18;
    private static final int MOST_TRANSFER_BYTES = 4 << 20;
    private static final double LEAST_TRANSFER_SECONDS = 0.005;

    /// A rate that no device reaches; a time of 0 would else be an infinite one.
    private static final double LEAST_TICK = 1e-9;

    private final Device device;
    private final double linkSeconds;
    private final LongSupplier clock;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    private Calibration(Device device, double linkSeconds, LongSupplier clock) {
        this.device = device;
        this.linkSeconds = linkSeconds;
        this.clock = clock;
    }

    /// The speed of `device` with weights of `type`, in about a second at most. Throws
    /// [dev.twinbolt.engine.device.DeviceException] where it has no memory for that, or is lost.
    public static DeviceSpeed measure(Device device, TensorType type) {
        return measure(device, type, System::nanoTime);
    }

    /// By `clock`, which tells nanoseconds.
    static DeviceSpeed measure(Device device, TensorType type, LongSupplier clock) {
        try (Calibration calibration = new Calibration(device, COLD_LINK_SECONDS, clock)) {
            return calibration.measure(type);
        }
    }

    /// The speed of the link to `device`, which has been in use, in about a tenth of a second.
    /// [LinkSpeed#NONE] where the device has no memory for that.
    public static LinkSpeed link(Device device) {
        if (device.isLocal()) {
            return LinkSpeed.NONE;
        }
        try (Calibration calibration =
                new Calibration(device, WARM_LINK_SECONDS, System::nanoTime)) {
            double roundTrip = calibration.roundTrip(calibration.tiny());
            return new LinkSpeed(roundTrip, calibration.throughput(roundTrip));
        } catch (DeviceException.OutOfMemory e) {
            return LinkSpeed.NONE;
        }
    }

    private DeviceBuffer tiny() {
        return allocate(device.alignmentBytes());
    }

    private DeviceSpeed measure(TensorType type) {
        DeviceBuffer tiny = tiny();
        double roundTrip = roundTrip(tiny);
        LinkSpeed link =
                device.isLocal() ? LinkSpeed.NONE : new LinkSpeed(roundTrip, throughput(roundTrip));
        List<Tensor> weights = weights(type);
        double bytes = weights.stream().mapToDouble(Tensor::spanBytes).sum();
        double oneToken = bytes / seconds(products(weights, 1), tiny, roundTrip);
        double operations = 2.0 * DIM * DIM * PROMPT_TOKENS;
        Graph prompt = products(weights.subList(0, 1), PROMPT_TOKENS);
        return new DeviceSpeed(oneToken, operations / seconds(prompt, tiny, roundTrip), link);
    }

    private DeviceBuffer allocate(long sizeBytes) {
        DeviceBuffer buffer =
                device.allocate(Alignment.roundUp(sizeBytes, device.alignmentBytes()));
        buffers.add(buffer);
        if (device.isLocal()) {
            // Pages that nobody wrote to may all be one page of zeros. A node's are written when it
            // clears them.
            device.fill(buffer, 0, buffer.sizeBytes(), (byte) 0);
        }
        return buffer;
    }

    private List<Tensor> weights(TensorType type) {
        List<Tensor> weights = new ArrayList<>();
        long left = WEIGHT_BYTES;
        while (left > 0) {
            Tensor weight = Tensor.leaf("weight_" + weights.size(), type, Shape.of(DIM, DIM));
            weight.bind(allocate(device.allocationBytes(weight)), 0);
            weights.add(weight);
            left -= weight.spanBytes();
        }
        return weights;
    }

    /// Each of `weights` by the same `columns` columns.
    private Graph products(List<Tensor> weights, int columns) {
        GraphBuilder g = new GraphBuilder();
        Tensor x = g.input("x", TensorType.F32, Shape.of(DIM, columns));
        Tensor product = x;
        for (Tensor weight : weights) {
            product = g.mulMat("product_" + weight.name(), weight, x);
        }
        Graph graph = g.build();
        GraphAllocator plan =
                GraphAllocator.plan(
                        graph, Set.of(product), device.alignmentBytes(), device::allocationBytes);
        plan.bind(allocate(plan.sizeBytes()));
        return graph;
    }

    /// What computing `graph` takes. The first time does not count, as kernels are made ready in
    /// it; then it is computed so often in a row that the clock and the link tell little.
    private double seconds(Graph graph, DeviceBuffer tiny, double roundTrip) {
        once(graph, 1, tiny);
        int repeats = 1;
        double elapsed = once(graph, repeats, tiny);
        while (elapsed < LEAST_SECONDS + roundTrip && repeats < MOST_REPEATS) {
            repeats *= 4;
            elapsed = once(graph, repeats, tiny);
        }
        for (int i = 1; i < TRIES; i++) {
            elapsed = Math.min(elapsed, once(graph, repeats, tiny));
        }
        return Math.max(LEAST_TICK, elapsed - roundTrip) / repeats;
    }

    private double once(Graph graph, int repeats, DeviceBuffer tiny) {
        List<CompletableFuture<?>> queued = new ArrayList<>();
        long start = clock.getAsLong();
        for (int i = 0; i < repeats; i++) {
            queued.add(device.compute(graph));
        }
        queued.add(device.read(tiny, 0, MemorySegment.ofArray(new byte[1])));
        join(queued);
        return secondsSince(start);
    }

    private double roundTrip(DeviceBuffer tiny) {
        return bestTransfer(tiny, 0);
    }

    /// Bytes per second of ever larger pieces there and back, until one takes long enough to tell.
    private double throughput(double roundTrip) {
        DeviceBuffer buffer = allocate(MOST_TRANSFER_BYTES);
        int size = LEAST_TRANSFER_BYTES;
        double best = bestTransfer(buffer, size);
        while (best < LEAST_TRANSFER_SECONDS + roundTrip && size < MOST_TRANSFER_BYTES) {
            size *= 4;
            best = bestTransfer(buffer, size);
        }
        return 2.0 * size / Math.max(LEAST_TICK, best - roundTrip);
    }

    private double bestTransfer(DeviceBuffer buffer, int size) {
        double best = Double.POSITIVE_INFINITY;
        long start = clock.getAsLong();
        int tries = 0;
        while (tries < LEAST_LINK_TRIES || secondsSince(start) < linkSeconds) {
            best = Math.min(best, transfer(buffer, size));
            tries++;
        }
        return best;
    }

    /// Writes `size` bytes and reads them back; of none, reads one.
    private double transfer(DeviceBuffer buffer, int size) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.max(1, size)]);
        long start = clock.getAsLong();
        if (size > 0) {
            device.write(buffer, 0, bytes);
        }
        join(List.of(device.read(buffer, 0, bytes)));
        return secondsSince(start);
    }

    private double secondsSince(long start) {
        return (clock.getAsLong() - start) / 1e9;
    }

    private static void join(List<CompletableFuture<?>> queued) {
        try {
            CompletableFuture.allOf(queued.toArray(CompletableFuture<?>[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public void close() {
        buffers.forEach(DeviceBuffer::close);
    }
}
