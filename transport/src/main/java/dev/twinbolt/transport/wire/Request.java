package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A command with its payload, client to node. On the wire: `command u8 | size u64 | payload`.
public sealed interface Request extends Frame {
    int HEADER_BYTES = 9;

    /// Asks device `device` for `sizeBytes`. Answer: handle and size, both 0 where there is no
    /// room.
    record AllocBuffer(int device, long sizeBytes) implements Request {}

    record GetAlignment(int device) implements Request {}

    record GetMaxSize(int device) implements Request {}

    record BufferGetBase(long buffer) implements Request {}

    record FreeBuffer(long buffer) implements Request {}

    record BufferClear(long buffer, byte value) implements Request {}

    /// Writes `dataBytes` bytes, which follow as [Frame.Data], `offset` bytes into `tensor`. No
    /// reply.
    record SetTensor(TensorRecord tensor, long offset, long dataBytes) implements Request {}

    /// Asks whether the node has data of this FNV-1a hash already.
    record SetTensorHash(TensorRecord tensor, long offset, long hash) implements Request {}

    record GetTensor(TensorRecord tensor, long offset, long sizeBytes) implements Request {}

    record CopyTensor(TensorRecord source, TensorRecord target) implements Request {}

    /// No reply.
    record GraphCompute(int device, GraphBytes graph) implements Request {}

    record GetDeviceMemory(int device) implements Request {}

    record InitTensor(TensorRecord tensor) implements Request {}

    /// Asks for the bytes that `tensor`, computed from `sources`, takes; null where an op has no
    /// source in that place.
    record GetAllocSize(int device, TensorRecord tensor, List<@Nullable TensorRecord> sources)
            implements Request {}

    /// The first request of a connection. `hasCapabilities` is false for clients older than 4.0.
    record Hello(boolean hasCapabilities) implements Request {}

    record DeviceCount() implements Request {}

    /// Computes the device's last graph again. No reply.
    record GraphRecompute(int device) implements Request {}

    record MemsetTensor(TensorRecord tensor, long offset, long sizeBytes, byte value)
            implements Request {}

    /// Asks whether the node is there, before HELLO or after it; ours alone.
    record Ping() implements Request {}

    default Command command() {
        return switch (this) {
            case AllocBuffer _ -> Command.ALLOC_BUFFER;
            case GetAlignment _ -> Command.GET_ALIGNMENT;
            case GetMaxSize _ -> Command.GET_MAX_SIZE;
            case BufferGetBase _ -> Command.BUFFER_GET_BASE;
            case FreeBuffer _ -> Command.FREE_BUFFER;
            case BufferClear _ -> Command.BUFFER_CLEAR;
            case SetTensor _ -> Command.SET_TENSOR;
            case SetTensorHash _ -> Command.SET_TENSOR_HASH;
            case GetTensor _ -> Command.GET_TENSOR;
            case CopyTensor _ -> Command.COPY_TENSOR;
            case GraphCompute _ -> Command.GRAPH_COMPUTE;
            case GetDeviceMemory _ -> Command.GET_DEVICE_MEMORY;
            case InitTensor _ -> Command.INIT_TENSOR;
            case GetAllocSize _ -> Command.GET_ALLOC_SIZE;
            case Hello _ -> Command.HELLO;
            case DeviceCount _ -> Command.DEVICE_COUNT;
            case GraphRecompute _ -> Command.GRAPH_RECOMPUTE;
            case MemsetTensor _ -> Command.MEMSET_TENSOR;
            case Ping _ -> Command.PING;
        };
    }

    /// The request's bytes, header first. The data of a SET_TENSOR is counted in the header and
    /// written after these bytes by the caller, who also releases them.
    default ByteBuf encode(ByteBufAllocator allocator) {
        ByteBuf out = allocator.buffer();
        out.writeByte(command().number());
        out.writeLongLE(0);
        RequestPayload.write(this, out);
        long payload = out.readableBytes() - (long) HEADER_BYTES;
        out.setLongLE(1, this instanceof SetTensor set ? payload + set.dataBytes() : payload);
        return out;
    }
}
