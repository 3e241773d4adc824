package dev.twinbolt.bench;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.CpuDevice;
import dev.twinbolt.kernels.cpu.CpuLimits;
import dev.twinbolt.kernels.cpu.CpuVariant;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// One op on the CPU device, its rates beside the machine's limits as they are measured at that
/// moment. For fewer threads: `-jvmArgsAppend -XX:ActiveProcessorCount=1`.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = "--sun-misc-unsafe-memory-access=allow") // JMH 1.37 itself uses it
@Warmup(iterations = 2, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class OpBenchmark {
    private static final long COLD_BYTES = 256 << 20;

    private final int threads = Runtime.getRuntime().availableProcessors();
    private final CpuDevice device = new CpuDevice(threads);
    private final List<Graph> graphs = new ArrayList<>();
    private @Nullable CpuLimits limits;
    private int turn;

    /// Bytes that the op has to read, in 10^9 a second.
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Rate {
        public double gigabytes;

        /// Of reading from memory; more than 100 where caches help.
        public double percentOfRead;
    }

    /// Multiplications and additions, in 10^9 a second.
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Peak {
        public double gigaops;

        /// Of the peak of int8, or of F32 for operands of that kind.
        public double percentOfPeak;
    }

    /// Adds the op to `builder` and returns its result; equal seeds give equal operands.
    abstract Tensor add(GraphBuilder builder, long seed);

    /// What one computation has to read.
    abstract long readBytes();

    /// Whether operands come from memory, as weights do, or from a cache, as activations do.
    abstract boolean isCold();

    @Setup(Level.Trial)
    public void setUp() throws InterruptedException {
        CpuVariant variant = CpuVariant.choose();
        if (variant.isNative()) {
            limits = CpuLimits.measure(variant, threads);
        }
        // Cold operands take turns that are together larger than a cache.
        long count = isCold() ? Math.ceilDiv(COLD_BYTES, readBytes()) : 1;
        for (long seed = 0; seed < count; seed++) {
            GraphBuilder builder = new GraphBuilder();
            Tensor d = add(builder, seed);
            d.bind(device.allocate(d.spanBytes()), 0);
            graphs.add(builder.build());
        }
    }

    /// Random numbers in memory of the device.
    final Tensor leaf(String name, RandomFormat format, Shape shape, long seed) {
        Tensor tensor = Tensor.leaf(name, format.type(), shape);
        int sizeBytes = Math.toIntExact(tensor.spanBytes());
        ByteBuffer bytes = bytes(sizeBytes + Long.BYTES);
        format.fill(bytes, sizeBytes, new SplitMix64(seed, name.hashCode()));
        return bound(tensor, bytes);
    }

    /// The numbers 0, 1, 2, ...
    final Tensor positions(int count) {
        ByteBuffer bytes = bytes(4 * count);
        for (int i = 0; i < count; i++) {
            bytes.putInt(4 * i, i);
        }
        return bound(Tensor.leaf("positions", TensorType.I32, Shape.of(count)), bytes);
    }

    /// A mask that hides nothing.
    final Tensor zeros(String name, TensorType type, Shape shape) {
        Tensor tensor = Tensor.leaf(name, type, shape);
        return bound(tensor, bytes(Math.toIntExact(tensor.spanBytes())));
    }

    private static ByteBuffer bytes(int sizeBytes) {
        return ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private Tensor bound(Tensor tensor, ByteBuffer bytes) {
        DeviceBuffer buffer = device.allocate(tensor.spanBytes());
        device.write(buffer, 0, MemorySegment.ofBuffer(bytes).asSlice(0, tensor.spanBytes()));
        tensor.bind(buffer, 0);
        return tensor;
    }

    final void compute(Rate rate) {
        device.compute(graphs.get(turn)).join();
        turn = (turn + 1) % graphs.size();
        rate.gigabytes += readBytes() / 1e9;
        rate.percentOfRead +=
                percent((double) readBytes(), limits == null ? 0 : limits.readBytes());
    }

    final void compute(Rate rate, Peak peak, double ops, boolean isInt8) {
        compute(rate);
        peak.gigaops += ops / 1e9;
        double limit = limits == null ? 0 : isInt8 ? limits.int8Ops() : limits.f32Ops();
        peak.percentOfPeak += percent(ops, limit);
    }

    /// NaN where no limit was measured.
    private static double percent(double done, double limit) {
        return limit == 0 ? Double.NaN : 100 * done / limit;
    }

    @TearDown(Level.Trial)
    public void close() {
        graphs.stream()
                .flatMap(graph -> graph.tensors().stream())
                .map(Tensor::memory)
                .distinct()
                .forEach(memory -> ((DeviceBuffer) memory).close());
        device.close();
    }
}
