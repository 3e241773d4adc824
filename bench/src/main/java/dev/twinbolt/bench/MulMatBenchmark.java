package dev.twinbolt.bench;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.CpuDevice;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// MUL_MAT on the CPU device, one matrix and some columns; `weightGB` is the rate at which weights
/// are used, in 10^9 bytes per second. For fewer threads: `-jvmArgsAppend
/// -XX:ActiveProcessorCount=1`.
///
/// As in a model, the weights come from memory: the matrices that take turns are together larger
/// than a cache.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = "--sun-misc-unsafe-memory-access=allow") // JMH 1.37 itself uses it
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MulMatBenchmark {
    private static final long WEIGHT_BYTES = 256 << 20;

    @Param({"F16", "Q8_0", "Q4_0", "Q4_K"})
    String type = "";

    /// Elements of a row, then rows.
    @Param({"4096x4096", "4096x14336"})
    String shape = "";

    @Param({"1", "16"})
    int columns;

    private final List<Graph> graphs = new ArrayList<>();
    private final CpuDevice device = new CpuDevice(Runtime.getRuntime().availableProcessors());
    private double matrixGigabytes;
    private int turn;

    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Rate {
        public double weightGB;
    }

    @Setup(Level.Trial)
    public void makeWeights() {
        String[] sizes = shape.split("x");
        int k = Integer.parseInt(sizes[0]);
        int n = Integer.parseInt(sizes[1]);
        RandomFormat format = RandomFormat.valueOf(type);
        long matrixBytes = format.type().rowBytes((long) k * n);
        matrixGigabytes = matrixBytes / 1e9;
        for (long seed = 0; seed * matrixBytes < WEIGHT_BYTES; seed++) {
            graphs.add(multiplication(format, k, n, seed));
        }
    }

    private Graph multiplication(RandomFormat format, int k, int n, long seed) {
        Tensor a = leaf("a", format, Shape.of(k, n), seed);
        Tensor b = leaf("b", RandomFormat.F32, Shape.of(k, columns), -1 - seed);
        GraphBuilder builder = new GraphBuilder();
        Tensor d = builder.mulMat("d", a, b);
        d.bind(device.allocate(d.spanBytes()), 0);
        return builder.build();
    }

    private Tensor leaf(String name, RandomFormat format, Shape shape, long seed) {
        TensorType type = format.type();
        Tensor tensor = Tensor.leaf(name, type, shape);
        int sizeBytes = Math.toIntExact(tensor.spanBytes());
        ByteBuffer bytes =
                ByteBuffer.allocate(sizeBytes + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        format.fill(bytes, sizeBytes, new SplitMix64(seed, 0));
        DeviceBuffer buffer = device.allocate(sizeBytes);
        device.write(buffer, 0, MemorySegment.ofBuffer(bytes).asSlice(0, sizeBytes));
        tensor.bind(buffer, 0);
        return tensor;
    }

    @Benchmark
    public void multiply(Rate rate) {
        device.compute(graphs.get(turn)).join();
        turn = (turn + 1) % graphs.size();
        rate.weightGB += matrixGigabytes;
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
