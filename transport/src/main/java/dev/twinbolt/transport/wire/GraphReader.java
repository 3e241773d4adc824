package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.Graph;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.OpRules;
import dev.twinbolt.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Makes a checked graph of records, in one pass over its nodes and without recursion. A tensor
/// that no computed node produces is data, whatever its op says; a source that is computed later
/// would be a cycle and is refused.
public final class GraphReader {
    private final TensorReader tensors;
    private final Map<Long, TensorRecord> records = new HashMap<>();
    private final Map<Long, Tensor> built = new HashMap<>();
    private final Set<Long> ahead;

    private GraphReader(GraphRecords message, Buffers buffers) {
        this.tensors = new TensorReader(buffers);
        for (TensorRecord record : message.tensors()) {
            if (record.id() == 0) {
                throw TensorReader.refusal(record, "its id is 0");
            }
            TensorRecord other = records.putIfAbsent(record.id(), record);
            if (other != null) {
                throw TensorReader.refusal(
                        record, "has the id %#x of '%s'".formatted(record.id(), other.name()));
            }
        }
        this.ahead = computed(message.nodes());
    }

    /// Throws [WireException] or [InvalidGraphException], both naming the tensor and the rule.
    public static Graph read(GraphRecords message, Buffers buffers) {
        return new GraphReader(message, buffers).graph();
    }

    /// The nodes that are to be computed: those with flag 16, or all where none has it, as clients
    /// before 2026-01 set it on none. Empty results need nothing done.
    private Set<Long> computed(List<Long> nodes) {
        Set<Long> all = new LinkedHashSet<>();
        boolean anyFlag = false;
        for (long id : nodes) {
            TensorRecord record = records.get(id);
            if (record == null) {
                throw new WireException("node %#x is not among the tensors".formatted(id));
            }
            if (!all.add(id)) {
                throw TensorReader.refusal(record, "is a node twice");
            }
            anyFlag |= isFlagged(record);
        }
        Set<Long> computed = new LinkedHashSet<>();
        for (long id : all) {
            TensorRecord record = find(id, "node");
            Dims ne = record.ne();
            boolean isEmpty = ne.d0() == 0 || ne.d1() == 0 || ne.d2() == 0 || ne.d3() == 0;
            if (!isEmpty && (!anyFlag || isFlagged(record))) {
                computed.add(id);
            }
        }
        return computed;
    }

    private static boolean isFlagged(TensorRecord record) {
        return (record.flags() & TensorRecord.FLAG_COMPUTE) != 0;
    }

    private Graph graph() {
        List<Tensor> nodes = new ArrayList<>();
        for (long id : List.copyOf(ahead)) {
            TensorRecord record = find(id, "node");
            Tensor node = node(record);
            OpRules.check(node);
            ahead.remove(id);
            built.put(id, node);
            nodes.add(node);
        }
        return new Graph(nodes);
    }

    private Tensor node(TensorRecord record) {
        Op op = TensorReader.op(record);
        return place(record, op, op instanceof Op.None ? new Tensor[0] : sources(record, op));
    }

    private @Nullable Tensor[] sources(TensorRecord record, Op op) {
        int count = record.sources().size();
        // A CPY made by a cast names itself as source 1, where its destination would be.
        if (op instanceof Op.Cpy && count == 2 && record.sources().get(1) == record.id()) {
            count = 1;
        }
        @Nullable Tensor[] sources = new Tensor[count];
        for (int i = 0; i < count; i++) {
            long id = record.sources().get(i);
            sources[i] = id == 0 ? null : source(record, id);
        }
        return sources;
    }

    private Tensor source(TensorRecord reader, long id) {
        Tensor known = built.get(id);
        if (known != null) {
            return known;
        }
        TensorRecord record = find(id, "source of '%s'".formatted(reader.name()));
        checkNotAhead(reader, record);
        Tensor data = place(record, new Op.None());
        built.put(id, data);
        return data;
    }

    private Tensor place(TensorRecord record, Op op, @Nullable Tensor... sources) {
        if (record.viewSource() == 0) {
            Tensor tensor = TensorReader.unbound(record, op, sources);
            tensors.bind(record, tensor);
            return tensor;
        }
        TensorRecord rootRecord =
                find(record.viewSource(), "view source of '%s'".formatted(record.name()));
        checkNotAhead(record, rootRecord);
        if (rootRecord.viewSource() != 0) {
            throw TensorReader.refusal(
                    record, "its view source '%s' is a view".formatted(rootRecord.name()));
        }
        Tensor root = built.get(rootRecord.id());
        if (root == null) {
            root = TensorReader.unbound(rootRecord, new Op.None());
            tensors.bind(rootRecord, root);
            built.put(rootRecord.id(), root);
        }
        return TensorReader.view(record, rootRecord, root, op, sources);
    }

    private void checkNotAhead(TensorRecord reader, TensorRecord wanted) {
        if (ahead.contains(wanted.id())) {
            throw TensorReader.refusal(
                    reader,
                    "needs '%s', which is computed later or is itself: a cycle"
                            .formatted(wanted.name()));
        }
    }

    private TensorRecord find(long id, String what) {
        TensorRecord record = records.get(id);
        if (record == null) {
            throw new WireException("%s: id %#x is not among the tensors".formatted(what, id));
        }
        return record;
    }
}
