package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of bytes into requests. An announced size is checked against its command before
/// anything waits for it, and nothing is ever allocated by it.
public final class RequestReader {
    private static final int SET_TENSOR_FIXED_BYTES = TensorRecord.BYTES + 8;

    private @Nullable Command command;
    private long sizeBytes;
    private long dataLeft;

    /// Takes the next frame off `in`, or null where `in` holds no whole one yet. Throws
    /// [WireException] for what no 5.x client sends; the stream is of no use then.
    public @Nullable Frame next(ByteBuf in) {
        if (dataLeft > 0) {
            if (!in.isReadable()) {
                return null;
            }
            int size = (int) Math.min(dataLeft, in.readableBytes());
            dataLeft -= size;
            return new Frame.Data(in.readSlice(size));
        }
        Command current = command;
        if (current == null) {
            if (in.readableBytes() < Request.HEADER_BYTES) {
                return null;
            }
            current = Command.byNumber(in.readUnsignedByte());
            command = current;
            sizeBytes = in.readLongLE();
            current.checkSize(sizeBytes);
        }
        long needed = current == Command.SET_TENSOR ? SET_TENSOR_FIXED_BYTES : sizeBytes;
        if (in.readableBytes() < needed) {
            return null;
        }
        Request request = RequestPayload.read(current, sizeBytes, in);
        dataLeft = current == Command.SET_TENSOR ? sizeBytes - needed : 0;
        command = null;
        return request;
    }

    /// The command whose payload is awaited, if one is known.
    public @Nullable Command awaited() {
        return dataLeft > 0 ? Command.SET_TENSOR : command;
    }
}
