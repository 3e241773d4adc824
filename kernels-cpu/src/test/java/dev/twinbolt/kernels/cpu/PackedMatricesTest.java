package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A product with few columns packs its matrix, and nobody sees anything of that but by the time it
/// takes.
class PackedMatricesTest {
    private static final int K = 1024;
    private static final int ROWS = 40;

    private final CpuDevice device = new CpuDevice(2);
    private final Arena arena = Arena.ofShared();

    @BeforeEach
    void needsNativeKernels() {
        assumeTrue(device.variant().isNative(), "this machine has no native kernels");
    }

    @AfterEach
    void close() {
        device.close();
        arena.close();
    }

    /// Where the weights lie: in memory of the device, or in bytes that it adopted.
    private enum Place {
        OWN,
        ADOPTED
    }

    static Stream<Arguments> typesAndPlaces() {
        return MulMatTest.TYPES.stream()
                .filter(type -> type.blockSize() > 1)
                .flatMap(
                        type ->
                                Arrays.stream(Place.values())
                                        .map(place -> Arguments.of(type, place)));
    }

    @ParameterizedTest
    @MethodSource("typesAndPlaces")
    void productsRowsAndBytesStayTheSame(TensorType type, Place place) {
        byte[] bytes = weights(type, 1);
        Tensor w = place(type, bytes, place);
        float[] manyBefore = multiply(w, 9);
        float[] rowsBefore = rows(w, 7, 0, 39);
        assertNull(packed(w), "a prompt does not pack");

        float[] one = multiply(w, 1);
        assertNotNull(packed(w), "one column packs");
        assertArrayEquals(Arrays.copyOf(manyBefore, ROWS), one);
        assertArrayEquals(manyBefore, multiply(w, 9));
        assertArrayEquals(rowsBefore, rows(w, 7, 0, 39));
        assertNotNull(packed(w), "neither products nor GET_ROWS unpack");

        assertArrayEquals(bytes, read(w));
        assertEquals(place == Place.ADOPTED, packed(w) != null, "who reads gets what was written");
        assertArrayEquals(one, multiply(w, 1));
    }

    @ParameterizedTest
    @EnumSource
    void aWriteIntoAPackedMatrixIsSeen(Place place) {
        byte[] bytes = weights(TensorType.Q8_0, 1);
        byte[] others = weights(TensorType.Q8_0, 2);
        Tensor w = place(TensorType.Q8_0, bytes, place);
        multiply(w, 1);
        int from = 3 * bytes.length / 7;
        int size = 100;
        device.write(
                buffer(w), w.offset() + from, MemorySegment.ofArray(others).asSlice(from, size));
        System.arraycopy(others, from, bytes, from, size);
        float[] expected = multiply(place(TensorType.Q8_0, bytes, Place.OWN), 1);
        assertArrayEquals(expected, multiply(w, 1));
        assertArrayEquals(bytes, read(w));

        device.fill(buffer(w), w.offset(), bytes.length, (byte) 0);
        assertArrayEquals(new float[ROWS], multiply(w, 1));
    }

    @ParameterizedTest
    @EnumSource
    void aCopyIntoAPackedMatrixIsSeen(Place place) {
        byte[] bytes = weights(TensorType.Q8_0, 1);
        byte[] others = weights(TensorType.Q8_0, 2);
        Tensor w = place(TensorType.Q8_0, bytes, place);
        Tensor other = place(TensorType.Q8_0, others, Place.OWN);
        multiply(w, 1);
        int from = 3 * bytes.length / 7;
        int size = 100;
        device.copy(buffer(other), other.offset() + from, buffer(w), w.offset() + from, size);
        System.arraycopy(others, from, bytes, from, size);
        float[] expected = multiply(place(TensorType.Q8_0, bytes, Place.OWN), 1);
        assertArrayEquals(expected, multiply(w, 1));
        assertArrayEquals(bytes, read(w));
    }

    @ParameterizedTest
    @EnumSource
    void opsAndCopiesMeetTheBytesAsTheyWere(Place place) {
        byte[] bytes = weights(TensorType.Q4_K, 1);
        Tensor w = place(TensorType.Q4_K, bytes, place);
        multiply(w, 1);
        Tensor view =
                Tensor.view(
                        "half",
                        w.type(),
                        Shape.of(K, ROWS / 2),
                        w.strides(),
                        new Op.View(),
                        w,
                        5 * w.nb(1),
                        w);
        float[] floats = compute(copyOf(view));
        multiply(w, 1);
        assertArrayEquals(compute(copyOf(view)), floats);
        float[] rows = rows(w, 5);
        assertArrayEquals(Arrays.copyOf(floats, K), rows);

        multiply(w, 1);
        DeviceBuffer copy = device.allocate(bytes.length);
        device.copy(buffer(w), w.offset(), copy, 0, bytes.length);
        byte[] copied = new byte[bytes.length];
        device.read(copy, 0, MemorySegment.ofArray(copied)).join();
        assertArrayEquals(bytes, copied);
    }

    /// The same bytes as two matrices that overlap. The first rows of a packed matrix are another
    /// one.
    @ParameterizedTest
    @EnumSource
    void aMatrixOfMoreRowsIsNotTheOneThatBeginsThere(Place place) {
        Tensor w = place(TensorType.Q8_0, weights(TensorType.Q8_0, 1), place);
        float[] expected = multiply(w, 9);
        Tensor first = Tensor.leaf("first", TensorType.Q8_0, Shape.of(K, 32));
        first.bind(buffer(w), w.offset());
        assertArrayEquals(Arrays.copyOf(expected, 32), multiply(first, 1));
        assertArrayEquals(Arrays.copyOf(expected, ROWS), multiply(w, 1));
    }

    @ParameterizedTest
    @EnumSource
    void theLastByteOfAPackedMatrixIsReadAsItWas(Place place) {
        byte[] bytes = weights(TensorType.Q8_0, 1);
        Tensor w = place(TensorType.Q8_0, bytes, place);
        multiply(w, 1);
        byte[] last = new byte[1];
        long at = w.offset() + bytes.length - 1;
        device.read(buffer(w), at, MemorySegment.ofArray(last)).join();
        assertEquals(bytes[bytes.length - 1], last[0]);
        assertEquals(place == Place.ADOPTED, packed(w) != null);
    }

    @ParameterizedTest
    @EnumSource
    void matricesThatOverlapAreBothRight(Place place) {
        byte[] bytes = weights(TensorType.Q4_0, 1);
        Tensor w = place(TensorType.Q4_0, bytes, place);
        Tensor lower = Tensor.leaf("lower", TensorType.Q4_0, Shape.of(K, ROWS - 8));
        lower.bind(w.memory(), w.offset() + 8 * w.nb(1));
        Tensor narrow = Tensor.leaf("narrow", TensorType.Q4_0, Shape.of(K / 2, 2 * ROWS));
        narrow.bind(w.memory(), w.offset());
        float[] whole = multiply(w, 1);
        float[] part = multiply(lower, 1);
        float[] halves = multiply(narrow, 1);
        assertArrayEquals(Arrays.copyOfRange(whole, 8, ROWS), part);
        for (int round = 0; round < 3; round++) {
            assertArrayEquals(whole, multiply(w, 1));
            assertArrayEquals(part, multiply(lower, 1));
            assertArrayEquals(halves, multiply(narrow, 1));
            assertArrayEquals(bytes, read(w));
        }
    }

    /// A product that is written over its own weights finds them as they were.
    @ParameterizedTest
    @EnumSource
    void aResultWithinTheWeightsIsNotUnpacked(Place place) {
        byte[] bytes = weights(TensorType.Q4_0, 1);
        Tensor w = place(TensorType.Q4_0, bytes, place);
        float[] expected = multiply(w, 1);
        Tensor product = new GraphBuilder().mulMat("d", w, column(K, 1));
        product.bind(w.memory(), w.offset() + 64);
        device.compute(new Graph(List.of(product))).join();
        byte[] result = MemorySegment.ofArray(expected).toArray(ValueLayout.JAVA_BYTE);
        System.arraycopy(result, 0, bytes, 64, result.length);
        assertArrayEquals(bytes, read(w));
    }

    /// A product whose columns lie within its own weights finds both as they were.
    @ParameterizedTest
    @EnumSource
    void columnsWithinTheWeightsAreNotPacked(Place place) {
        byte[] bytes = weights(TensorType.Q4_0, 1);
        Tensor w = place(TensorType.Q4_0, bytes, place);
        Tensor within = Tensor.leaf("x", TensorType.F32, Shape.of(K, 1));
        within.bind(w.memory(), w.offset() + 128);
        Tensor apart =
                leaf(TensorType.F32, MemorySegment.ofArray(bytes).asSlice(128, 4 * K), Shape.of(K));
        float[] expected = compute(new GraphBuilder().mulMat("d", w, apart));
        assertArrayEquals(expected, compute(new GraphBuilder().mulMat("d", w, within)));
        assertArrayEquals(bytes, read(w));
    }

    /// Bytes that are packed as one thing are read as another: of another format whose rows are as
    /// long, or with other gaps between them.
    @ParameterizedTest
    @EnumSource
    void whatIsPackedIsReadOtherwiseAsItWas(Place place) {
        byte[] bytes = weights(TensorType.Q4_0, 1);
        Tensor w = place(TensorType.Q4_0, bytes, place);
        Tensor other = Tensor.leaf("other", TensorType.IQ4_NL, Shape.of(K, ROWS));
        other.bind(w.memory(), w.offset());
        long nb1 = 2 * w.nb(1);
        Shape some = Shape.of(K, 16);
        Strides apart = new Strides(w.nb(0), nb1, 16 * nb1, 16 * nb1);
        Tensor everyOther = Tensor.view("v", w.type(), some, apart, new Op.View(), w, 0, w);
        Tensor first = Tensor.leaf("first", w.type(), some);
        first.bind(w.memory(), w.offset());
        Tensor planes = Tensor.leaf("planes", w.type(), Shape.of(K, 16, 2));
        planes.bind(w.memory(), w.offset());
        float[] expectedOther = rows(other, 3, 9);
        float[] expectedEveryOther = rows(everyOther, 3, 9);
        float[] expectedPlanes = rows(w, 3, 16 + 5);
        multiply(w, 1);
        assertArrayEquals(expectedOther, rows(other, 3, 9));
        multiply(first, 1);
        assertArrayEquals(expectedEveryOther, rows(everyOther, 3, 9));
        multiply(first, 1);
        assertArrayEquals(expectedPlanes, planeRows(planes, 3, 5));
    }

    /// A row of each plane.
    private float[] planeRows(Tensor w, int... numbers) {
        MemorySegment values = MemorySegment.ofArray(numbers);
        Tensor ids = leaf(TensorType.I32, values, Shape.of(1, numbers.length));
        return compute(new GraphBuilder().getRows("rows", w, ids));
    }

    private static Tensor copyOf(Tensor source) {
        Strides strides = Strides.contiguous(TensorType.F32, source.shape());
        return Tensor.node("floats", TensorType.F32, source.shape(), strides, new Op.Cpy(), source);
    }

    private PackedMatrices.@Nullable Matrix packed(Tensor w) {
        return buffer(w).packed().find(w, 0);
    }

    private static CpuBuffer buffer(Tensor w) {
        return (CpuBuffer) w.memory();
    }

    /// Blocks of random bytes; of the numbers among them none may be none.
    private static byte[] weights(TensorType type, long seed) {
        byte[] bytes = new byte[(int) type.rowBytes(K) * ROWS];
        new Random(seed).nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= 0x3F; // no exponent of all ones in a half, wherever it stands
        }
        return bytes;
    }

    private Tensor place(TensorType type, byte[] bytes, Place place) {
        Tensor w = Tensor.leaf("w", type, Shape.of(K, ROWS));
        if (place == Place.OWN) {
            w.bind(device.allocate(bytes.length + 64), 64);
            device.write((DeviceBuffer) w.memory(), 64, MemorySegment.ofArray(bytes));
        } else {
            MemorySegment host =
                    arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
            w.bind(device.adopt(host).orElseThrow(), 0);
        }
        return w;
    }

    private byte[] read(Tensor w) {
        byte[] bytes = new byte[(int) w.spanBytes()];
        device.read(buffer(w), w.offset(), MemorySegment.ofArray(bytes)).join();
        return bytes;
    }

    private Tensor column(int k, int columns) {
        float[] x = new float[k * columns];
        Random random = new Random(6);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return leaf(TensorType.F32, MemorySegment.ofArray(x), Shape.of(k, columns));
    }

    private Tensor leaf(TensorType type, MemorySegment values, Shape shape) {
        Tensor tensor = Tensor.leaf("x", type, shape);
        tensor.bind(device.allocate(values.byteSize()), 0);
        device.write((DeviceBuffer) tensor.memory(), 0, values);
        return tensor;
    }

    private float[] multiply(Tensor w, int columns) {
        return compute(new GraphBuilder().mulMat("d", w, column((int) w.ne(0), columns)));
    }

    private float[] rows(Tensor w, int... numbers) {
        Tensor ids = leaf(TensorType.I32, MemorySegment.ofArray(numbers), Shape.of(numbers.length));
        return compute(new GraphBuilder().getRows("rows", w, ids));
    }

    private float[] compute(Tensor d) {
        DeviceBuffer buffer = device.allocate(d.spanBytes());
        d.bind(buffer, 0);
        device.compute(new Graph(List.of(d))).join();
        float[] values = new float[(int) d.shape().elementCount()];
        device.read(buffer, 0, MemorySegment.ofArray(values)).join();
        return values;
    }
}
