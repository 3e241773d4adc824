package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// An answer, node to client. On the wire: `size u64 | payload`. The bytes of GET_TENSOR are no
/// Reply: they are streamed.
public sealed interface Reply {
    int HEADER_BYTES = 8;

    /// Done: FREE_BUFFER, BUFFER_CLEAR, INIT_TENSOR, MEMSET_TENSOR, PING.
    record Empty() implements Reply {}

    /// Handle and size of a new buffer, both 0 where there is no room.
    record Allocated(long buffer, long sizeBytes) implements Reply {}

    /// A u64: an alignment, a largest size, a base address, an allocation size.
    @SuppressWarnings("AvoidCommonTypeNames") // always written Reply.Number
    record Number(long value) implements Reply {}

    /// A u8: whether it was done.
    record Result(boolean isDone) implements Reply {}

    record Memory(long freeBytes, long totalBytes) implements Reply {}

    record Count(int devices) implements Reply {}

    /// The node's version. `padding` is 0 in every version that we know; servers older than 4.0
    /// send the three numbers alone.
    record Hello(int major, int minor, int patch, int padding) implements Reply {
        static final int OLD_BYTES = 3;

        public String version() {
            return major + "." + minor + "." + patch;
        }
    }

    /// The reply's bytes, header first. The caller releases them.
    default ByteBuf encode(ByteBufAllocator allocator) {
        ByteBuf out = allocator.buffer(64);
        out.writeLongLE(0);
        switch (this) {
            case Empty() -> {}
            case Allocated(long buffer, long sizeBytes) -> {
                out.writeLongLE(buffer);
                out.writeLongLE(sizeBytes);
            }
            case Number(long value) -> out.writeLongLE(value);
            case Result(boolean isDone) -> out.writeBoolean(isDone);
            case Memory(long freeBytes, long totalBytes) -> {
                out.writeLongLE(freeBytes);
                out.writeLongLE(totalBytes);
            }
            case Count(int devices) -> out.writeIntLE(devices);
            case Hello(int major, int minor, int patch, int padding) -> {
                out.writeByte(major);
                out.writeByte(minor);
                out.writeByte(patch);
                out.writeByte(padding);
                out.writeZero(24);
            }
        }
        out.setLongLE(0, out.readableBytes() - (long) HEADER_BYTES);
        return out;
    }

    /// The bytes of a reply to `command`, or -1 where they are not fixed (GET_TENSOR) or none
    /// comes.
    static int sizeOf(Command command) {
        return switch (command) {
            case ALLOC_BUFFER, GET_DEVICE_MEMORY -> 16;
            case GET_ALIGNMENT, GET_MAX_SIZE, BUFFER_GET_BASE, GET_ALLOC_SIZE -> 8;
            case SET_TENSOR_HASH, COPY_TENSOR -> 1;
            case FREE_BUFFER, BUFFER_CLEAR, INIT_TENSOR, MEMSET_TENSOR, PING -> 0;
            case DEVICE_COUNT -> 4;
            case HELLO -> 28;
            case SET_TENSOR, GET_TENSOR, GRAPH_COMPUTE, GRAPH_RECOMPUTE -> -1;
        };
    }

    /// Whether a reply to `command` may have `sizeBytes`. An old server's HELLO is let through, so
    /// that its version can be named.
    static boolean fits(Command command, long sizeBytes) {
        return sizeBytes == sizeOf(command)
                || (command == Command.HELLO && sizeBytes == Hello.OLD_BYTES);
    }

    /// Reads the payload of a reply to `command`, all of which is readable.
    static Reply read(Command command, ByteBuf in) {
        return switch (command) {
            case ALLOC_BUFFER -> new Allocated(in.readLongLE(), in.readLongLE());
            case GET_DEVICE_MEMORY -> new Memory(in.readLongLE(), in.readLongLE());
            case GET_ALIGNMENT, GET_MAX_SIZE, BUFFER_GET_BASE, GET_ALLOC_SIZE ->
                    new Number(in.readLongLE());
            case SET_TENSOR_HASH, COPY_TENSOR -> new Result(in.readByte() != 0);
            case FREE_BUFFER, BUFFER_CLEAR, INIT_TENSOR, MEMSET_TENSOR, PING -> new Empty();
            case DEVICE_COUNT -> new Count(in.readIntLE());
            case HELLO -> {
                int padding = in.readableBytes() > Hello.OLD_BYTES ? in.getByte(3) & 0xFF : 0;
                yield new Hello(
                        in.readUnsignedByte(),
                        in.readUnsignedByte(),
                        in.readUnsignedByte(),
                        padding);
            }
            case SET_TENSOR, GET_TENSOR, GRAPH_COMPUTE, GRAPH_RECOMPUTE ->
                    throw new IllegalArgumentException(command + " has no such reply");
        };
    }
}
