package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The payloads of requests, both ways. Layouts: `PROTOCOL.md` of ggml RPC as observed; source:
/// llama.cpp `ggml/src/ggml-rpc/ggml-rpc.cpp`.
final class RequestPayload {
    private static final int CAPABILITY_BYTES = 24;

    private RequestPayload() {}

    static void write(Request request, ByteBuf out) {
        switch (request) {
            case Request.AllocBuffer(int device, long sizeBytes) -> {
                out.writeIntLE(device);
                out.writeLongLE(sizeBytes);
            }
            case Request.GetAlignment(int device) -> out.writeIntLE(device);
            case Request.GetMaxSize(int device) -> out.writeIntLE(device);
            case Request.BufferGetBase(long buffer) -> out.writeLongLE(buffer);
            case Request.FreeBuffer(long buffer) -> out.writeLongLE(buffer);
            case Request.BufferClear(long buffer, byte value) -> {
                out.writeLongLE(buffer);
                out.writeByte(value);
            }
            case Request.SetTensor(TensorRecord tensor, long offset, _) -> {
                tensor.write(out);
                out.writeLongLE(offset);
            }
            case Request.SetTensorHash(TensorRecord tensor, long offset, long hash) -> {
                tensor.write(out);
                out.writeLongLE(offset);
                out.writeLongLE(hash);
            }
            case Request.GetTensor(TensorRecord tensor, long offset, long sizeBytes) -> {
                tensor.write(out);
                out.writeLongLE(offset);
                out.writeLongLE(sizeBytes);
            }
            case Request.CopyTensor(TensorRecord source, TensorRecord target) -> {
                source.write(out);
                target.write(out);
            }
            case Request.GraphCompute(int device, GraphBytes graph) -> {
                out.writeIntLE(device);
                graph.write(out);
            }
            case Request.GetDeviceMemory(int device) -> out.writeIntLE(device);
            case Request.InitTensor(TensorRecord tensor) -> tensor.write(out);
            case Request.GetAllocSize(int device, TensorRecord tensor, var sources) -> {
                out.writeIntLE(device);
                tensor.write(out);
                for (int i = 0; i < TensorRecord.MAX_SOURCES; i++) {
                    TensorRecord source = i < sources.size() ? sources.get(i) : null;
                    if (source == null) {
                        out.writeZero(TensorRecord.BYTES);
                    } else {
                        source.write(out);
                    }
                }
            }
            case Request.Hello(boolean hasCapabilities) ->
                    out.writeZero(hasCapabilities ? CAPABILITY_BYTES : 0);
            case Request.DeviceCount(), Request.Ping() -> {}
            case Request.GraphRecompute(int device) -> out.writeIntLE(device);
            case Request.MemsetTensor(
                            TensorRecord tensor,
                            long offset,
                            long sizeBytes,
                            byte value) -> {
                tensor.write(out);
                out.writeLongLE(offset);
                out.writeLongLE(sizeBytes);
                out.writeByte(value);
            }
        }
    }

    /// Reads the payload of `command`, `sizeBytes` long, all of which is readable but for a
    /// SET_TENSOR's data.
    static Request read(Command command, long sizeBytes, ByteBuf in) {
        return switch (command) {
            case ALLOC_BUFFER -> new Request.AllocBuffer(in.readIntLE(), in.readLongLE());
            case GET_ALIGNMENT -> new Request.GetAlignment(in.readIntLE());
            case GET_MAX_SIZE -> new Request.GetMaxSize(in.readIntLE());
            case BUFFER_GET_BASE -> new Request.BufferGetBase(in.readLongLE());
            case FREE_BUFFER -> new Request.FreeBuffer(in.readLongLE());
            case BUFFER_CLEAR -> new Request.BufferClear(in.readLongLE(), in.readByte());
            case SET_TENSOR ->
                    new Request.SetTensor(
                            TensorRecord.read(in),
                            in.readLongLE(),
                            sizeBytes - TensorRecord.BYTES - 8);
            case SET_TENSOR_HASH ->
                    new Request.SetTensorHash(
                            TensorRecord.read(in), in.readLongLE(), in.readLongLE());
            case GET_TENSOR ->
                    new Request.GetTensor(TensorRecord.read(in), in.readLongLE(), in.readLongLE());
            case COPY_TENSOR ->
                    new Request.CopyTensor(TensorRecord.read(in), TensorRecord.read(in));
            case GRAPH_COMPUTE ->
                    new Request.GraphCompute(
                            in.readIntLE(), GraphBytes.read(in, (int) sizeBytes - 4));
            case GET_DEVICE_MEMORY -> new Request.GetDeviceMemory(in.readIntLE());
            case INIT_TENSOR -> new Request.InitTensor(TensorRecord.read(in));
            case GET_ALLOC_SIZE -> readAllocSize(in);
            case HELLO -> {
                if (sizeBytes != 0 && sizeBytes != CAPABILITY_BYTES) {
                    throw new WireException(
                            "a payload of %d bytes, expected 24 (or 0 of a client older than 4.0)"
                                    .formatted(sizeBytes));
                }
                in.skipBytes((int) sizeBytes);
                yield new Request.Hello(sizeBytes != 0);
            }
            case DEVICE_COUNT -> new Request.DeviceCount();
            case PING -> new Request.Ping();
            case GRAPH_RECOMPUTE -> new Request.GraphRecompute(in.readIntLE());
            case MEMSET_TENSOR ->
                    new Request.MemsetTensor(
                            TensorRecord.read(in), in.readLongLE(), in.readLongLE(), in.readByte());
        };
    }

    private static Request readAllocSize(ByteBuf in) {
        int device = in.readIntLE();
        TensorRecord tensor = TensorRecord.read(in);
        List<@Nullable TensorRecord> sources = new ArrayList<>();
        for (int i = 0; i < TensorRecord.MAX_SOURCES; i++) {
            TensorRecord source = TensorRecord.read(in);
            sources.add(source.id() == 0 ? null : source);
        }
        return new Request.GetAllocSize(device, tensor, sources);
    }
}
