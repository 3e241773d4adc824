package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;

/// Four u32 as they are on the wire: element counts or strides, not yet checked.
public record Dims(long d0, long d1, long d2, long d3) {
    static Dims read(ByteBuf in) {
        return new Dims(
                in.readUnsignedIntLE(),
                in.readUnsignedIntLE(),
                in.readUnsignedIntLE(),
                in.readUnsignedIntLE());
    }

    void write(ByteBuf out) {
        out.writeIntLE((int) d0);
        out.writeIntLE((int) d1);
        out.writeIntLE((int) d2);
        out.writeIntLE((int) d3);
    }

    /// Whether each fits the u32 that carries it.
    boolean fitsWire() {
        return ((d0 | d1 | d2 | d3) >>> 32) == 0;
    }

    @Override
    public String toString() {
        return "[%d, %d, %d, %d]".formatted(d0, d1, d2, d3);
    }
}
