package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/// A graph in the bytes of the wire. Who keeps them need not write the graph anew, and who gets the
/// same bytes again need not read them.
public final class GraphBytes {
    private final byte[] bytes;

    private GraphBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    public static GraphBytes of(GraphRecords graph) {
        int ids = 8 * graph.nodes().size();
        byte[] bytes = new byte[8 + ids + TensorRecord.BYTES * graph.tensors().size()];
        graph.write(Unpooled.wrappedBuffer(bytes).clear());
        return new GraphBytes(bytes);
    }

    /// The next `size` bytes of `in`, not yet checked.
    static GraphBytes read(ByteBuf in, int size) {
        byte[] bytes = new byte[size];
        in.readBytes(bytes);
        return new GraphBytes(bytes);
    }

    void write(ByteBuf out) {
        out.writeBytes(bytes);
    }

    public int size() {
        return bytes.length;
    }

    /// Throws [WireException] where the counts do not fit the bytes.
    public GraphRecords records() {
        return GraphRecords.read(Unpooled.wrappedBuffer(bytes));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GraphBytes graph && Arrays.equals(bytes, graph.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
