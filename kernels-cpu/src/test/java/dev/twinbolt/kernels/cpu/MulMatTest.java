package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import dev.twinbolt.kernels.cpu.quant.RowCodec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// MUL_MAT and MUL_MAT_ID of every variant that this CPU runs, in every format, against a
/// double-precision loop, and against themselves with other columns and threads.
class MulMatTest {
    static final List<TensorType> TYPES =
            List.of(
                    TensorType.F32,
                    TensorType.F16,
                    TensorType.BF16,
                    TensorType.Q4_0,
                    TensorType.Q4_1,
                    TensorType.Q5_0,
                    TensorType.Q5_1,
                    TensorType.Q8_0,
                    TensorType.IQ4_NL,
                    TensorType.MXFP4,
                    TensorType.Q2_K,
                    TensorType.Q3_K,
                    TensorType.Q4_K,
                    TensorType.Q5_K,
                    TensorType.Q6_K,
                    TensorType.IQ4_XS,
                    TensorType.TQ1_0,
                    TensorType.TQ2_0);

    static Stream<Arguments> variantsAndTypes() {
        return OpHarness.variants()
                .flatMap(variant -> TYPES.stream().map(type -> Arguments.of(variant, type)));
    }

    /// A row of k elements, `rows` of them: sizes around vectors, blocks and tiles. The last one is
    /// packed where there are few columns.
    private record Size(int k, int rows) {
        static List<Size> of(TensorType type) {
            int b = type.blockSize();
            return b == 1
                    ? List.of(new Size(1, 3), new Size(37, 9), new Size(64, 5))
                    : List.of(
                            new Size(b, 1),
                            new Size(3 * b, 7),
                            new Size(9 * b, 75),
                            new Size(b > 32 ? 3 * b : 20 * b, 80));
        }
    }

    @ParameterizedTest
    @MethodSource("variantsAndTypes")
    void matchesADoublePrecisionLoop(CpuVariant variant, TensorType type) {
        for (Size size : Size.of(type)) {
            for (int columns : new int[] {1, 2, 9}) {
                try (Product p = new Product(variant, 2, type, size, columns)) {
                    p.assertCloseToDoubles();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variantsAndTypes")
    void aColumnHasTheSameBitsAloneAmongOthersAndOnAnyThreads(CpuVariant variant, TensorType type) {
        for (Size size : Size.of(type).subList(2, Size.of(type).size())) {
            sameBits(variant, type, size);
        }
    }

    private static void sameBits(CpuVariant variant, TensorType type, Size size) {
        try (Product many = new Product(variant, 3, type, size, 19)) {
            float[] together = many.result();
            for (int columns : new int[] {1, 2, 7, 8, 17}) {
                try (Product few = new Product(variant, 1, type, size, columns)) {
                    float[] apart = few.result();
                    for (int i = 0; i < apart.length; i++) {
                        int at = i;
                        assertEquals(
                                Float.floatToRawIntBits(together[i]),
                                Float.floatToRawIntBits(apart[i]),
                                () -> "%d columns, element %d".formatted(columns, at));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variantsAndTypes")
    void eachTokenMeetsItsExperts(CpuVariant variant, TensorType type) {
        Size size = Size.of(type).get(1);
        int experts = 3;
        int tokens = 5;
        int used = 2;
        try (Bench h = new Bench(variant, 2)) {
            byte[] weights = h.weights(type, size.k, size.rows * experts);
            float[] x = h.activations(size.k, tokens);
            Tensor a = h.leaf(type, weights, 0, Shape.of(size.k, size.rows, experts));
            Tensor b = h.floats(x, Shape.of(size.k, 1, tokens));
            int[] chosen = {2, 0, 1, 2, 0, 1, 2, 1, 0, 2};
            Tensor ids = h.ints(chosen, Shape.of(used, tokens));
            Shape shape = Shape.of(size.rows, used, tokens);
            Strides strides = Strides.contiguous(TensorType.F32, shape);
            Tensor product =
                    Tensor.node("d", TensorType.F32, shape, strides, new Op.MulMatId(), a, b, ids);
            float[] d = h.compute(product);
            for (int t = 0; t < tokens; t++) {
                for (int s = 0; s < used; s++) {
                    int expert = chosen[t * used + s];
                    for (int n = 0; n < size.rows; n++) {
                        Dot expected = Dot.of(type, weights, expert * size.rows + n, size.k, x, t);
                        expected.assertClose(d[(t * used + s) * size.rows + n]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variantsAndTypes")
    void followsStridesAndSharedMatrices(CpuVariant variant, TensorType type) {
        Size size = Size.of(type).get(1);
        int columns = 3;
        int planes = 4;
        try (Bench h = new Bench(variant, 2)) {
            byte[] weights = h.weights(type, size.k, size.rows * 2);
            // Two matrices, each for two planes of b; b's columns and planes lie exchanged.
            Tensor a = h.leaf(type, weights, 1, Shape.of(size.k, size.rows, 2));
            float[] x = h.activations(size.k, columns * planes);
            Tensor root = h.floats(x, Shape.of(size.k, planes, columns));
            Strides exchanged = new Strides(4, root.nb(2), root.nb(1), root.nb(3));
            Tensor b =
                    Tensor.view(
                            "b",
                            TensorType.F32,
                            Shape.of(size.k, columns, planes),
                            exchanged,
                            new Op.Permute(0, 2, 1, 3),
                            root,
                            0,
                            root);
            float[] d = h.compute(new GraphBuilder().mulMat("d", a, b));
            for (int plane = 0; plane < planes; plane++) {
                for (int m = 0; m < columns; m++) {
                    for (int n = 0; n < size.rows; n++) {
                        Dot expected =
                                Dot.of(
                                        type,
                                        weights,
                                        plane / 2 * size.rows + n,
                                        size.k,
                                        x,
                                        m * planes + plane);
                        expected.assertClose(d[(plane * columns + m) * size.rows + n]);
                    }
                }
            }
        }
    }

    /// Σ w·x of one row and one column in doubles, and Σ |w·x|, against which an error is measured.
    private record Dot(double sum, double magnitude) {
        static Dot of(TensorType type, byte[] weights, int row, int k, float[] x, int column) {
            float[] w = new float[k];
            long offset = row * type.rowBytes(k);
            RowCodec.of(type).dequantize(MemorySegment.ofArray(weights), offset, w, 0, k);
            double sum = 0;
            double magnitude = 0;
            for (int i = 0; i < k; i++) {
                double product = (double) w[i] * x[column * k + i];
                sum += product;
                magnitude += Math.abs(product);
            }
            return new Dot(sum, magnitude);
        }

        void assertClose(float actual) {
            assertTrue(
                    Math.abs(actual - sum) <= 2e-6 * magnitude + 1e-30,
                    () -> "expected %s, was %s, of magnitude %s".formatted(sum, actual, magnitude));
        }
    }

    /// One product on a device of its own. The same size gives the same numbers, and more columns
    /// only add some.
    private static final class Product implements AutoCloseable {
        private final Bench bench;
        private final TensorType type;
        private final Size size;
        private final int columns;
        private final byte[] weights;
        private final float[] x;

        Product(CpuVariant variant, int threads, TensorType type, Size size, int columns) {
            this.bench = new Bench(variant, threads);
            this.type = type;
            this.size = size;
            this.columns = columns;
            this.weights = bench.weights(type, size.k, size.rows);
            this.x = bench.activations(size.k, columns);
        }

        float[] result() {
            Tensor a = bench.leaf(type, weights, 3, Shape.of(size.k, size.rows));
            Tensor b = bench.floats(x, Shape.of(size.k, columns));
            return bench.compute(new GraphBuilder().mulMat("d", a, b));
        }

        void assertCloseToDoubles() {
            float[] d = result();
            for (int m = 0; m < columns; m++) {
                for (int n = 0; n < size.rows; n++) {
                    Dot.of(type, weights, n, size.k, x, m).assertClose(d[m * size.rows + n]);
                }
            }
        }

        @Override
        public void close() {
            bench.close();
        }
    }

    /// A device and numbers for it.
    private static final class Bench implements AutoCloseable {
        private final CpuDevice device;
        private final List<DeviceBuffer> buffers = new ArrayList<>();

        Bench(CpuVariant variant, int threads) {
            device = new CpuDevice(threads, variant);
        }

        /// Random blocks with sane scales.
        byte[] weights(TensorType type, int k, int rows) {
            Random random = new Random(5);
            int count = k * rows / type.blockSize();
            byte[] bytes = new byte[count * type.blockBytes()];
            random.nextBytes(bytes);
            MemorySegment memory = MemorySegment.ofArray(bytes);
            for (int i = 0; i < count; i++) {
                long at = (long) i * type.blockBytes();
                switch (type) {
                    case F32 ->
                            memory.set(
                                    ValueLayout.JAVA_FLOAT_UNALIGNED,
                                    at,
                                    (float) random.nextGaussian());
                    case F16 -> putHalf(memory, at, (float) random.nextGaussian());
                    case BF16 ->
                            memory.set(
                                    ValueLayout.JAVA_SHORT_UNALIGNED,
                                    at,
                                    (short)
                                            (Float.floatToRawIntBits((float) random.nextGaussian())
                                                    >> 16));
                    case MXFP4 -> bytes[(int) at] = (byte) (120 + random.nextInt(10));
                    default -> {
                        for (int offset : scaleOffsets(type)) {
                            putHalf(memory, at + offset, 0.01f + random.nextFloat());
                        }
                    }
                }
            }
            return bytes;
        }

        private static int[] scaleOffsets(TensorType type) {
            return switch (type) {
                case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
                case Q2_K -> new int[] {80, 82};
                case Q3_K -> new int[] {108};
                case Q6_K -> new int[] {208};
                case TQ1_0 -> new int[] {52};
                case TQ2_0 -> new int[] {64};
                default -> new int[] {0};
            };
        }

        private static void putHalf(MemorySegment memory, long at, float value) {
            memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
        }

        /// Columns whose rounding to bytes is exact: whole multiples of a power of two, the largest
        /// 127 of it in every 32 elements.
        float[] activations(int k, int columns) {
            Random random = new Random(6);
            float[] x = new float[k * columns];
            for (int i = 0; i < x.length; i++) {
                int whole = i % 32 == 7 ? 127 : random.nextInt(255) - 127;
                x[i] = whole * 0x1p-5f;
            }
            return x;
        }

        Tensor floats(float[] values, Shape shape) {
            MemorySegment bytes = MemorySegment.ofArray(values);
            return leaf(TensorType.F32, bytes.toArray(ValueLayout.JAVA_BYTE), 0, shape);
        }

        Tensor ints(int[] values, Shape shape) {
            MemorySegment bytes = MemorySegment.ofArray(values);
            return leaf(TensorType.I32, bytes.toArray(ValueLayout.JAVA_BYTE), 0, shape);
        }

        /// A tensor `offset` bytes into a buffer.
        Tensor leaf(TensorType type, byte[] bytes, int offset, Shape shape) {
            DeviceBuffer buffer = device.allocate(bytes.length + offset);
            buffers.add(buffer);
            device.write(buffer, offset, MemorySegment.ofArray(bytes));
            Tensor tensor = Tensor.leaf("leaf", type, shape);
            tensor.bind(buffer, offset);
            return tensor;
        }

        float[] compute(Tensor d) {
            DeviceBuffer buffer = device.allocate(d.spanBytes());
            buffers.add(buffer);
            d.bind(buffer, 0);
            device.compute(new Graph(List.of(d))).join();
            float[] values = new float[(int) d.shape().elementCount()];
            device.read(buffer, 0, MemorySegment.ofArray(values)).join();
            return values;
        }

        @Override
        public void close() {
            buffers.forEach(DeviceBuffer::close);
            device.close();
        }
    }
}
