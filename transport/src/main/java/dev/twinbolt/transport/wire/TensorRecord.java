package dev.twinbolt.transport.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A tensor as it travels, not yet checked; 296 bytes, little-endian, packed:
///
/// ```
///   0 id u64        8 type u32     12 buffer u64   20 ne u32×4    36 nb u32×4
///  52 op u32       56 params 64   120 flags i32   124 src u64×10
/// 204 view_src u64 212 view_offs u64  220 data u64  228 name 64  292 use_count i32
/// ```
///
/// @param id names the tensor within its message; 0 is none
/// @param type number of the element type
/// @param buffer handle of the buffer; 0 is none
/// @param ne element counts
/// @param nb strides in bytes
/// @param op number of the op in the peer's version
/// @param sources ids without the zeros at the end, so at most 10
/// @param viewSource id of the tensor that owns the memory; 0 is none
/// @param viewOffset bytes from the start of the view source
/// @param data address of the first element, inside the buffer's synthetic range
/// @param name up to 63 bytes of UTF-8
public record TensorRecord(
        long id,
        int type,
        long buffer,
        Dims ne,
        Dims nb,
        int op,
        OpParams params,
        int flags,
        List<Long> sources,
        long viewSource,
        long viewOffset,
        long data,
        String name) {
    public static final int BYTES = 296;
    public static final int MAX_SOURCES = 10;

    /// The flag of a node that is to be computed.
    public static final int FLAG_COMPUTE = 16;

    private static final int NAME_BYTES = 64;
    private static final int TYPE_I8 = 24;

    public TensorRecord {
        sources = List.copyOf(sources);
        if (sources.size() > MAX_SOURCES) {
            throw new IllegalArgumentException(
                    "%s has %d sources, at most %d travel"
                            .formatted(name, sources.size(), MAX_SOURCES));
        }
    }

    /// A stretch of a buffer as a row of bytes; `sizeBytes` is below 2^32.
    public static TensorRecord bytes(String name, long buffer, long address, long sizeBytes) {
        Dims nb = new Dims(1, sizeBytes, sizeBytes, sizeBytes);
        Dims ne = new Dims(sizeBytes, 1, 1, 1);
        return new TensorRecord(
                1, TYPE_I8, buffer, ne, nb, 0, OpParams.NONE, 0, List.of(), 0, 0, address, name);
    }

    static TensorRecord read(ByteBuf in) {
        long id = in.readLongLE();
        int type = in.readIntLE();
        long buffer = in.readLongLE();
        Dims ne = Dims.read(in);
        Dims nb = Dims.read(in);
        int op = in.readIntLE();
        OpParams params = OpParams.read(in);
        int flags = in.readIntLE();
        List<Long> sources = readSources(in);
        long viewSource = in.readLongLE();
        long viewOffset = in.readLongLE();
        long data = in.readLongLE();
        String name = readName(in);
        in.skipBytes(4); // use_count since 5.1, padding before: neither says anything to us
        return new TensorRecord(
                id,
                type,
                buffer,
                ne,
                nb,
                op,
                params,
                flags,
                sources,
                viewSource,
                viewOffset,
                data,
                name);
    }

    private static List<Long> readSources(ByteBuf in) {
        int start = in.readerIndex();
        int count = MAX_SOURCES;
        while (count > 0 && in.getLongLE(start + 8 * (count - 1)) == 0) {
            count--;
        }
        List<Long> sources = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            sources.add(in.getLongLE(start + 8 * i));
        }
        in.skipBytes(8 * MAX_SOURCES);
        return sources;
    }

    private static String readName(ByteBuf in) {
        int length = in.bytesBefore(NAME_BYTES, (byte) 0);
        String name =
                in.toString(
                        in.readerIndex(), length < 0 ? NAME_BYTES : length, StandardCharsets.UTF_8);
        in.skipBytes(NAME_BYTES);
        return name;
    }

    void write(ByteBuf out) {
        out.writeLongLE(id);
        out.writeIntLE(type);
        out.writeLongLE(buffer);
        ne.write(out);
        nb.write(out);
        out.writeIntLE(op);
        params.write(out);
        out.writeIntLE(flags);
        for (int i = 0; i < MAX_SOURCES; i++) {
            out.writeLongLE(i < sources.size() ? sources.get(i) : 0);
        }
        out.writeLongLE(viewSource);
        out.writeLongLE(viewOffset);
        out.writeLongLE(data);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, NAME_BYTES - 1);
        out.writeBytes(bytes, 0, length);
        out.writeZero(NAME_BYTES - length + 4);
    }
}
