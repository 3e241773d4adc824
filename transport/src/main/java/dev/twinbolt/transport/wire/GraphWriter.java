package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns a graph whose tensors are bound to [PlacedMemory] into records. Ids count up from 1.
public final class GraphWriter {
    private final IdentityHashMap<Tensor, Long> ids = new IdentityHashMap<>();

    private GraphWriter() {}

    /// Throws [InvalidGraphException] for what the wire cannot carry, such as a stride of 4 GiB.
    public static GraphRecords write(Graph graph) {
        GraphWriter writer = new GraphWriter();
        for (Tensor tensor : graph.tensors()) {
            writer.ids.put(tensor, writer.ids.size() + 1L);
        }
        List<Long> nodes = graph.nodes().stream().map(writer::id).toList();
        IdentityHashMap<Tensor, Boolean> isNode = new IdentityHashMap<>();
        graph.nodes().forEach(node -> isNode.put(node, true));
        List<TensorRecord> records = new ArrayList<>();
        for (Tensor tensor : graph.tensors()) {
            records.add(writer.record(tensor, isNode.containsKey(tensor)));
        }
        return new GraphRecords(nodes, records);
    }

    /// `tensor` and its sources without memory, to ask how many bytes the result takes.
    public static Request.GetAllocSize allocSize(int device, Tensor tensor) {
        GraphWriter writer = new GraphWriter();
        writer.ids.put(tensor, 1L);
        List<@Nullable TensorRecord> sources = new ArrayList<>();
        for (int i = 0; i < tensor.sourceCount(); i++) {
            Tensor source = tensor.optionalSource(i);
            if (source == null) {
                sources.add(null);
            } else {
                writer.ids.putIfAbsent(source, writer.ids.size() + 1L);
                sources.add(writer.unplaced(source, new OpCode(0, OpParams.NONE), List.of()));
            }
        }
        return new Request.GetAllocSize(
                device,
                writer.unplaced(tensor, OpCode.of(tensor), writer.sourceIds(tensor)),
                sources);
    }

    private TensorRecord unplaced(Tensor tensor, OpCode code, List<Long> sources) {
        return new TensorRecord(
                id(tensor),
                tensor.type().id(),
                0,
                ne(tensor),
                nb(tensor),
                code.number(),
                code.params(),
                0,
                sources,
                0,
                0,
                0,
                tensor.name());
    }

    private TensorRecord record(Tensor tensor, boolean isNode) {
        // What another graph computed is data here: its op and sources stay at home.
        OpCode code = isNode ? OpCode.of(tensor) : new OpCode(0, OpParams.NONE);
        if (!(tensor.memory() instanceof PlacedMemory placed)) {
            throw new InvalidGraphException(tensor.name() + " is on another device");
        }
        Tensor root = tensor.viewSource();
        return new TensorRecord(
                id(tensor),
                tensor.type().id(),
                placed.handle(),
                ne(tensor),
                nb(tensor),
                code.number(),
                code.params(),
                isNode ? TensorRecord.FLAG_COMPUTE : 0,
                isNode ? sourceIds(tensor) : List.of(),
                root == null ? 0 : id(root),
                tensor.viewOffset(),
                placed.base() + tensor.offset(),
                tensor.name());
    }

    private List<Long> sourceIds(Tensor tensor) {
        List<Long> sources = new ArrayList<>();
        for (int i = 0; i < tensor.sourceCount(); i++) {
            Tensor source = tensor.optionalSource(i);
            sources.add(source == null ? 0 : id(source));
        }
        // A client's cast names itself as source 1; so a stock node finds the memory it writes.
        if (tensor.op() instanceof Op.Cpy && sources.size() == 1) {
            sources.add(id(tensor));
        }
        return sources;
    }

    private long id(Tensor tensor) {
        Long id = ids.get(tensor);
        if (id == null) {
            throw new IllegalStateException(tensor.name() + " is not in the graph");
        }
        return id;
    }

    private static Dims ne(Tensor tensor) {
        Shape ne = tensor.shape();
        return checked(tensor, "ne", new Dims(ne.ne0(), ne.ne1(), ne.ne2(), ne.ne3()));
    }

    private static Dims nb(Tensor tensor) {
        Strides nb = tensor.strides();
        return checked(tensor, "nb", new Dims(nb.nb0(), nb.nb1(), nb.nb2(), nb.nb3()));
    }

    private static Dims checked(Tensor tensor, String what, Dims dims) {
        if (!dims.fitsWire()) {
            throw new InvalidGraphException(
                    "%s: %s %s does not fit the 32 bits that ggml RPC has for each; split the tensor"
                            .formatted(tensor.name(), what, dims));
        }
        return dims;
    }
}
