package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// What a graph says on the wire, not yet checked: `n_nodes u32 | ids u64 | n_tensors u32 |
/// tensors`.
///
/// @param nodes ids among `tensors`, in the order in which they are computed
public record GraphRecords(List<Long> nodes, List<TensorRecord> tensors) {
    public GraphRecords {
        nodes = List.copyOf(nodes);
        tensors = List.copyOf(tensors);
    }

    /// Throws [WireException] where a count does not fit what is readable.
    static GraphRecords read(ByteBuf in) {
        long sizeBytes = in.readableBytes();
        long nodeCount = in.readUnsignedIntLE();
        long afterNodes = sizeBytes - 4 - 8 * nodeCount;
        if (afterNodes < 4) {
            throw new WireException(
                    "n_nodes %d needs %d bytes, the payload has %d"
                            .formatted(nodeCount, 8 * nodeCount + 8, sizeBytes));
        }
        List<Long> nodes = new ArrayList<>((int) nodeCount);
        for (long i = 0; i < nodeCount; i++) {
            nodes.add(in.readLongLE());
        }
        long tensorCount = in.readUnsignedIntLE();
        if (afterNodes - 4 != tensorCount * TensorRecord.BYTES) {
            throw new WireException(
                    "n_tensors %d needs %d bytes, the payload has %d left"
                            .formatted(
                                    tensorCount, tensorCount * TensorRecord.BYTES, afterNodes - 4));
        }
        List<TensorRecord> tensors = new ArrayList<>((int) tensorCount);
        for (long i = 0; i < tensorCount; i++) {
            tensors.add(TensorRecord.read(in));
        }
        return new GraphRecords(nodes, tensors);
    }

    void write(ByteBuf out) {
        out.writeIntLE(nodes.size());
        for (long node : nodes) {
            out.writeLongLE(node);
        }
        out.writeIntLE(tensors.size());
        for (TensorRecord tensor : tensors) {
            tensor.write(out);
        }
    }
}
