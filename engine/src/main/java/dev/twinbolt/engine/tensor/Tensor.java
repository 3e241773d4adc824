package dev.twinbolt.engine.tensor;

import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A symbolic tensor: what it is called, how it is laid out, which op computes it from which
/// sources, and, once bound, where in a device's memory it lies. It holds no data.
///
/// Everything but the binding is fixed at construction; the binding is set once. A view is bound
/// with its root and never by itself.
public final class Tensor {
    private final String name;
    private final TensorType type;
    private final Shape shape;
    private final Strides strides;
    private final Op op;
    private final @Nullable Tensor[] sources;
    private final @Nullable Tensor viewSource;
    private final long viewOffset;
    private final long spanBytes;
    private @Nullable Memory memory;
    private long offset;

    private Tensor(
            String name,
            TensorType type,
            Shape shape,
            Strides strides,
            Op op,
            @Nullable Tensor[] sources,
            @Nullable Tensor viewSource,
            long viewOffset) {
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.strides = strides;
        this.op = op;
        this.sources = sources;
        this.viewSource = viewSource;
        this.viewOffset = viewOffset;
        this.spanBytes = strides.spanBytes(type, shape);
    }

    /// A tensor without an op: a weight, a cache or an input.
    public static Tensor leaf(String name, TensorType type, Shape shape) {
        return new Tensor(
                name,
                type,
                shape,
                Strides.contiguous(type, shape),
                new Op.None(),
                new Tensor[0],
                null,
                0);
    }

    /// The result of `op` in memory of its own.
    public static Tensor node(
            String name,
            TensorType type,
            Shape shape,
            Strides strides,
            Op op,
            @Nullable Tensor... sources) {
        return new Tensor(name, type, shape, strides, op, sources.clone(), null, 0);
    }

    /// The result of `op` inside the memory of `root`, `viewOffset` bytes from its start. `root` is
    /// never a view itself.
    public static Tensor view(
            String name,
            TensorType type,
            Shape shape,
            Strides strides,
            Op op,
            Tensor root,
            long viewOffset,
            @Nullable Tensor... sources) {
        if (root.viewSource != null) {
            throw new InvalidGraphException(
                    "%s: its view source %s is a view itself".formatted(name, root.name));
        }
        return new Tensor(name, type, shape, strides, op, sources.clone(), root, viewOffset);
    }

    public String name() {
        return name;
    }

    public TensorType type() {
        return type;
    }

    public Shape shape() {
        return shape;
    }

    public Strides strides() {
        return strides;
    }

    public long ne(int dimension) {
        return shape.ne(dimension);
    }

    public long nb(int dimension) {
        return strides.nb(dimension);
    }

    public Op op() {
        return op;
    }

    public int sourceCount() {
        return sources.length;
    }

    /// Source `i`, or null where the op was given none in that place.
    public @Nullable Tensor optionalSource(int i) {
        return i < sources.length ? sources[i] : null;
    }

    /// Source `i`, which the op needs.
    public Tensor source(int i) {
        Tensor source = optionalSource(i);
        if (source == null) {
            throw new InvalidGraphException(
                    "%s %s: source %d is missing".formatted(op.name(), name, i));
        }
        return source;
    }

    /// The sources that are there, in order.
    public List<Tensor> sources() {
        List<Tensor> present = new ArrayList<>(sources.length);
        for (Tensor source : sources) {
            if (source != null) {
                present.add(source);
            }
        }
        return present;
    }

    /// The tensor whose memory this one looks into; null where it has memory of its own.
    public @Nullable Tensor viewSource() {
        return viewSource;
    }

    /// Bytes from the start of the view source; 0 where there is none.
    public long viewOffset() {
        return viewOffset;
    }

    /// The tensor that owns the memory: the view source, or this one.
    public Tensor root() {
        return viewSource == null ? this : viewSource;
    }

    /// The bytes from the first to past the last element (`nbytes` in ggml).
    public long spanBytes() {
        return spanBytes;
    }

    /// Whether neighbouring elements of a row are neighbours in memory.
    public boolean isRowContiguous() {
        return strides.nb0() == type.blockBytes();
    }

    /// Whether the elements lie without gaps; a dimension of size 1 may have any stride.
    public boolean isContiguous() {
        long expected = type.blockBytes();
        for (int d = 0; d < 4; d++) {
            if (ne(d) != 1 && nb(d) != expected) {
                return false;
            }
            expected = d == 0 ? type.rowBytes(ne(0)) : expected * ne(d);
        }
        return true;
    }

    /// Says where the tensor lies. Done once, by whoever owns the memory.
    public void bind(Memory memory, long offset) {
        if (this.memory != null) {
            throw new IllegalStateException(name + " is bound already");
        }
        if (viewSource != null) {
            throw new IllegalStateException(name + " is a view: bind " + viewSource.name);
        }
        checkInside(memory, offset);
        this.memory = memory;
        this.offset = offset;
    }

    /// Whether the tensor, or the one that it looks into, has memory.
    public boolean isBound() {
        return root().memory != null;
    }

    /// The memory in which the tensor lies.
    public Memory memory() {
        Memory bound = root().memory;
        if (bound == null) {
            throw new IllegalStateException(name + " has no memory yet");
        }
        return bound;
    }

    /// Bytes from the start of [#memory()] to the tensor's first element.
    public long offset() {
        return root().offset + viewOffset;
    }

    /// Whether a byte between the first and the last of this tensor is one of `other` too; not
    /// known, and so false, before both have memory.
    public boolean overlaps(Tensor other) {
        return isBound()
                && other.isBound()
                && memory() == other.memory()
                && offset() < other.offset() + other.spanBytes
                && other.offset() < offset() + spanBytes;
    }

    /// Refuses a tensor that reaches outside its memory.
    public void checkBounds() {
        checkInside(memory(), offset());
    }

    private void checkInside(Memory memory, long offset) {
        if (offset < 0 || spanBytes > memory.sizeBytes() - offset) {
            throw new InvalidGraphException(
                    "%s needs %d bytes at offset %d, its buffer has %d"
                            .formatted(name, spanBytes, offset, memory.sizeBytes()));
        }
    }

    @Override
    public String toString() {
        return "%s %s %s%s".formatted(op.name(), name, type, shape);
    }
}
