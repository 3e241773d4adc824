package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/// Makes checked tensors of what a peer sent: known type, sane shape and strides, aligned, and
/// inside a buffer of this peer. Every refusal is a [WireException] that names the tensor.
public final class TensorReader {
    private final Buffers buffers;

    public TensorReader(Buffers buffers) {
        this.buffers = buffers;
    }

    /// `record` as bare memory: its op and its view source mean nothing.
    public Tensor memory(TensorRecord record) {
        Tensor tensor = unbound(record, new Op.None());
        bind(record, tensor);
        return tensor;
    }

    /// `record` as the result of its op over `sources`, without memory.
    public static Tensor unbound(TensorRecord record, @Nullable Tensor... sources) {
        return unbound(record, op(record), sources);
    }

    /// `record` as data without memory.
    public static Tensor unboundData(TensorRecord record) {
        return unbound(record, new Op.None());
    }

    static Tensor unbound(TensorRecord record, Op op, @Nullable Tensor... sources) {
        TensorType type = type(record);
        try {
            return Tensor.node(record.name(), type, shape(record), strides(record), op, sources);
        } catch (InvalidGraphException e) {
            throw refusal(record, e.getMessage());
        }
    }

    /// `record` as a view into `root`, whose own record is `rootRecord`.
    static Tensor view(
            TensorRecord record,
            TensorRecord rootRecord,
            Tensor root,
            Op op,
            @Nullable Tensor... sources) {
        if (record.viewOffset() < 0
                || record.data() != rootRecord.data() + record.viewOffset()
                || record.buffer() != rootRecord.buffer()) {
            throw refusal(
                    record,
                    "data %#x is not that of its view source %s %#x and view_offs %s"
                            .formatted(
                                    record.data(),
                                    rootRecord.name(),
                                    rootRecord.data(),
                                    Long.toUnsignedString(record.viewOffset())));
        }
        TensorType type = type(record);
        try {
            Tensor view =
                    Tensor.view(
                            record.name(),
                            type,
                            shape(record),
                            strides(record),
                            op,
                            root,
                            record.viewOffset(),
                            sources);
            view.checkBounds();
            checkAlignment(record, view);
            return view;
        } catch (InvalidGraphException e) {
            throw refusal(record, e.getMessage());
        }
    }

    /// Binds `tensor`, which `record` describes, to where its data address points.
    void bind(TensorRecord record, Tensor tensor) {
        Buffers.Placed placed;
        try {
            placed = buffers.find(record.buffer());
        } catch (WireException e) {
            throw refusal(record, e.getMessage());
        }
        long offset = record.data() - placed.base();
        if (offset < 0 || offset > placed.memory().sizeBytes()) {
            throw refusal(
                    record,
                    "data %#x is outside its buffer of %d bytes at %#x"
                            .formatted(record.data(), placed.memory().sizeBytes(), placed.base()));
        }
        try {
            tensor.bind(placed.memory(), offset);
        } catch (InvalidGraphException e) {
            throw refusal(record, e.getMessage());
        }
        checkAlignment(record, tensor);
    }

    /// Kernels load whole elements: an address or a stride inside an element is refused.
    private static void checkAlignment(TensorRecord record, Tensor tensor) {
        TensorType type = tensor.type();
        if (type.isQuantized() || tensor.shape().isEmpty()) {
            return;
        }
        Strides nb = tensor.strides();
        long bytes = type.blockBytes();
        if (((tensor.offset() | nb.nb0() | nb.nb1() | nb.nb2() | nb.nb3()) & (bytes - 1)) != 0) {
            throw refusal(
                    record,
                    "offset %d and strides %s are to be multiples of the %d bytes of %s"
                            .formatted(tensor.offset(), nb, bytes, type));
        }
    }

    static Op op(TensorRecord record) {
        try {
            return new OpCode(record.op(), record.params()).op();
        } catch (WireException e) {
            throw refusal(record, e.getMessage());
        }
    }

    private static TensorType type(TensorRecord record) {
        return TensorType.byId(record.type())
                .orElseThrow(
                        () ->
                                refusal(
                                        record,
                                        "type %s is unknown or dead"
                                                .formatted(
                                                        Integer.toUnsignedString(record.type()))));
    }

    private static Shape shape(TensorRecord record) {
        Dims ne = record.ne();
        return new Shape(ne.d0(), ne.d1(), ne.d2(), ne.d3());
    }

    private static Strides strides(TensorRecord record) {
        Dims nb = record.nb();
        return new Strides(nb.d0(), nb.d1(), nb.d2(), nb.d3());
    }

    static WireException refusal(TensorRecord record, @Nullable String rule) {
        return new WireException("tensor '%s': %s".formatted(record.name(), rule));
    }
}
