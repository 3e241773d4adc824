package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceBuffer;
import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.OpRules;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Runs one op on a device of its own and hands out what it wrote.
final class OpHarness implements AutoCloseable {
    final CpuDevice device;
    private final Random random;

    /// With the kernels that the device chooses.
    OpHarness(int threads, long seed) {
        this(threads, seed, CpuVariant.choose());
    }

    OpHarness(int threads, long seed, CpuVariant variant) {
        device = new CpuDevice(threads, variant);
        random = new Random(seed);
    }

    /// The system property that limits tests to some variants, by their labels.
    static final String VARIANTS = "twinbolt.test.variants";

    /// The variants that this machine can run, plain Java first.
    static Stream<CpuVariant> variants() {
        String some = System.getProperty(VARIANTS, "");
        return CpuSupport.ofThisProcess().runnable().stream()
                .filter(variant -> some.isEmpty() || labels(some).contains(variant.label()))
                .sorted();
    }

    private static List<String> labels(String text) {
        return List.of(text.split(","));
    }

    /// An F32 tensor of random values, contiguous.
    Tensor random(long... ne) {
        Shape shape = shape(ne);
        float[] values = new float[(int) shape.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return floats(values, ne);
    }

    /// A view of a random F32 tensor with gaps in every dimension but the first.
    Tensor strided(long... ne) {
        Shape s = shape(ne);
        Tensor root = random((s.ne0() + 3) * (s.ne1() + 1) * (s.ne2() + 2) * (s.ne3() + 1));
        long nb1 = 4 * (s.ne0() + 3);
        long nb2 = nb1 * (s.ne1() + 1);
        Strides strides = new Strides(4, nb1, nb2, nb2 * (s.ne2() + 2));
        return Tensor.view("strided", TensorType.F32, s, strides, new Op.View(), root, 0, root);
    }

    /// A view of random F32 rows of which none begins at a multiple of four bytes.
    Tensor unaligned(long... ne) {
        Shape s = shape(ne);
        long nb1 = 4 * s.ne0() + 2;
        long nb2 = nb1 * s.ne1();
        Strides strides = new Strides(4, nb1, nb2, nb2 * s.ne2());
        int size = (int) (nb2 * s.ne2() * s.ne3() + 1);
        Tensor root = leaf(TensorType.I8, new byte[size], size);
        Tensor view = Tensor.view("odd", TensorType.F32, s, strides, new Op.View(), root, 1, root);
        TensorData data = new TensorData(view);
        forEach(
                view,
                (i0, i1, i2, i3) -> data.putFloat32(i0, i1, i2, i3, (float) random.nextGaussian()));
        return view;
    }

    /// A permuted view: the second and third dimension of a random tensor exchanged.
    Tensor permuted(long... ne) {
        Shape s = shape(ne);
        Tensor root = random(s.ne0(), s.ne2(), s.ne1(), s.ne3());
        Strides strides = new Strides(4, root.nb(2), root.nb(1), root.nb(3));
        return Tensor.view(
                "permuted", TensorType.F32, s, strides, new Op.Permute(0, 2, 1, 3), root, 0, root);
    }

    Tensor floats(float[] values, long... ne) {
        ByteBuffer bytes = bytes(4 * values.length);
        bytes.asFloatBuffer().put(values);
        return leaf(TensorType.F32, bytes.array(), ne);
    }

    Tensor half(float[] values, long... ne) {
        ByteBuffer bytes = bytes(2 * values.length);
        for (float value : values) {
            bytes.putShort(Float.floatToFloat16(value));
        }
        return leaf(TensorType.F16, bytes.array(), ne);
    }

    /// `values` rounded to `type`.
    Tensor rounded(Tensor values, TensorType type) {
        return run(new Op.Cpy(), type, values.shape(), values);
    }

    /// The elements in row-major order, as F32.
    float[] elements(Tensor tensor) {
        Tensor floats = run(new Op.Cpy(), TensorType.F32, tensor.shape(), tensor);
        float[] elements = new float[(int) tensor.shape().elementCount()];
        new TensorData(floats).readLinear(0, elements.length, elements);
        return elements;
    }

    Tensor ints(int[] values, long... ne) {
        ByteBuffer bytes = bytes(4 * values.length);
        bytes.asIntBuffer().put(values);
        return leaf(TensorType.I32, bytes.array(), ne);
    }

    Tensor leaf(TensorType type, byte[] bytes, long... ne) {
        Tensor tensor = Tensor.leaf("leaf", type, shape(ne));
        DeviceBuffer buffer = device.allocate(Math.max(1, bytes.length));
        device.write(buffer, 0, MemorySegment.ofArray(bytes));
        device.read(buffer, 0, MemorySegment.ofArray(new byte[1])).join();
        tensor.bind(buffer, 0);
        return tensor;
    }

    /// Computes `op` into a new contiguous tensor.
    Tensor run(Op op, TensorType type, Shape shape, @Nullable Tensor... sources) {
        Tensor d = Tensor.node("d", type, shape, Strides.contiguous(type, shape), op, sources);
        d.bind(device.allocate(Math.max(1, d.spanBytes())), 0);
        compute(d);
        return d;
    }

    void compute(Tensor... nodes) {
        for (Tensor node : nodes) {
            OpRules.check(node);
        }
        device.compute(new Graph(List.of(nodes))).join();
    }

    /// Element (i0, i1, i2, i3) of an F32, F16 or I32 tensor.
    double at(Tensor t, long i0, long i1, long i2, long i3) {
        TensorData data = new TensorData(t);
        if (t.type() == TensorType.I32) {
            return data.integer(i0, i1, i2, i3);
        }
        return data.element(data.elementStart(i0, i1, i2, i3), new float[1]);
    }

    static Shape shape(long... ne) {
        long[] all = {1, 1, 1, 1};
        System.arraycopy(ne, 0, all, 0, ne.length);
        return new Shape(all[0], all[1], all[2], all[3]);
    }

    /// Calls `check` for every index of `t`.
    static void forEach(Tensor t, Index check) {
        for (long i3 = 0; i3 < t.ne(3); i3++) {
            for (long i2 = 0; i2 < t.ne(2); i2++) {
                for (long i1 = 0; i1 < t.ne(1); i1++) {
                    for (long i0 = 0; i0 < t.ne(0); i0++) {
                        check.at(i0, i1, i2, i3);
                    }
                }
            }
        }
    }

    interface Index {
        void at(long i0, long i1, long i2, long i3);
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        device.close();
    }

    /// SET_ROWS of `values` to the rows `numbers` of `target`, as a view of it.
    static Tensor setRows(Tensor target, Tensor values, Tensor numbers) {
        return Tensor.view(
                "cache",
                target.type(),
                target.shape(),
                target.strides(),
                new Op.SetRows(),
                target,
                0,
                values,
                numbers,
                target);
    }
}
