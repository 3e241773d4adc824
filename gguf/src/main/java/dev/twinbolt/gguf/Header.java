package dev.twinbolt.gguf;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What precedes the tensor data of one file. Every count is checked against the bytes that are
/// left, and what is read is charged to a [HeapBudget], before anything of its size is allocated.
/// Arrays of arrays are refused, as in ggml (`src/gguf.cpp`).
///
/// ```
/// "GGUF" | version u32 | tensor count u64 | metadata count u64
/// metadata: key string, type u32, value                          ...
/// tensors:  name string, n_dims u32, ne u64 x n_dims, type u32, offset u64 ...
/// padding to the alignment | tensor data
/// ```
///
/// @param tensors with offsets from the start of the file
/// @param dataStart the first byte of tensor data
record Header(
        int version, Metadata metadata, List<TensorInfo> tensors, int alignment, long dataStart) {
    private static final int MAGIC = 0x46554747;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int MAX_ALIGNMENT = 1 << 24;
    private static final int MAX_KEY_BYTES = 65535;
    private static final int MAX_NAME_BYTES = 64;
    private static final int LEAST_METADATA_BYTES = 13;
    private static final int LEAST_TENSOR_BYTES = 24;

    /// What an entry costs on the heap beside its strings and numbers, rounded up.
    private static final int METADATA_HEAP_BYTES = 128;

    private static final int TENSOR_HEAP_BYTES = 512;

    static Header read(String file, MemorySegment bytes, int part, HeapBudget budget) {
        Cursor in = new Cursor(file, bytes, budget);
        int magic = in.int32("the magic number");
        if (magic != MAGIC) {
            throw in.error(0, "expected the letters GGUF, got %08x".formatted(magic));
        }
        int version = in.int32("the version");
        if (version != 2 && version != 3) {
            int swapped = Integer.reverseBytes(version);
            String reason =
                    swapped == 2 || swapped == 3
                            ? "the file is big-endian, expected little-endian"
                            : "expected GGUF version 2 or 3, got "
                                    + Integer.toUnsignedString(version);
            throw in.error(4, reason);
        }
        int tensorCount = in.count("tensor count", LEAST_TENSOR_BYTES, Integer.MAX_VALUE);
        int metadataCount = in.count("metadata count", LEAST_METADATA_BYTES, Integer.MAX_VALUE);
        Metadata metadata = metadata(in, metadataCount);
        int alignment = alignment(in, metadata);
        List<Pending> pending = tensors(in, tensorCount, alignment);
        long dataStart = Alignment.roundUp(in.position(), alignment);
        List<TensorInfo> tensors = new ArrayList<>(pending.size());
        for (Pending p : pending) {
            if (p.offset() > Long.MAX_VALUE - p.sizeBytes() - dataStart) {
                throw in.error(p.at(), p.name() + " reaches past 2^63 bytes");
            }
            tensors.add(
                    new TensorInfo(
                            p.name(),
                            p.type(),
                            p.ne(),
                            dataStart + p.offset(),
                            p.sizeBytes(),
                            part));
        }
        checkOverlaps(in, tensors, pending);
        return new Header(version, metadata, tensors, alignment, dataStart);
    }

    private static Metadata metadata(Cursor in, int count) {
        Map<String, MetadataValue> values = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            long at = in.position();
            in.charge(METADATA_HEAP_BYTES);
            String key = in.string("key %d".formatted(i), MAX_KEY_BYTES);
            ValueType type = valueType(in, key);
            if (values.put(key, value(in, key, type)) != null) {
                throw in.error(at, "metadata %s occurs twice".formatted(key));
            }
        }
        return new Metadata(values);
    }

    private static ValueType valueType(Cursor in, String key) {
        long at = in.position();
        int id = in.int32(key);
        return ValueType.byId(id)
                .orElseThrow(
                        () ->
                                in.error(
                                        at,
                                        "%s has the unknown value type %s"
                                                .formatted(key, Integer.toUnsignedString(id))));
    }

    private static MetadataValue value(Cursor in, String key, ValueType type) {
        return switch (type) {
            case UINT8 -> new MetadataValue.Int(type, Byte.toUnsignedLong(in.int8(key)));
            case INT8 -> new MetadataValue.Int(type, in.int8(key));
            case UINT16, INT16 -> {
                int value = (in.int8(key) & 0xFF) | in.int8(key) << 8;
                yield new MetadataValue.Int(
                        type, type == ValueType.UINT16 ? value & 0xFFFF : value);
            }
            case UINT32 -> new MetadataValue.Int(type, Integer.toUnsignedLong(in.int32(key)));
            case INT32 -> new MetadataValue.Int(type, in.int32(key));
            case UINT64, INT64 -> new MetadataValue.Int(type, in.int64(key));
            case FLOAT32 -> new MetadataValue.Real(type, Float.intBitsToFloat(in.int32(key)));
            case FLOAT64 -> new MetadataValue.Real(type, Double.longBitsToDouble(in.int64(key)));
            case BOOL -> new MetadataValue.Bool(in.int8(key) != 0);
            case STRING -> new MetadataValue.Str(in.string(key, Integer.MAX_VALUE));
            case ARRAY -> array(in, key);
        };
    }

    private static MetadataValue array(Cursor in, String key) {
        long at = in.position();
        ValueType elementType = valueType(in, key);
        if (elementType == ValueType.ARRAY) {
            throw in.error(at, "%s is an array of arrays, which ggml refuses too".formatted(key));
        }
        if (elementType == ValueType.STRING) {
            int count = in.count(key, ValueType.STRING.leastBytes(), Integer.MAX_VALUE);
            List<String> strings = new ArrayList<>(Math.min(count, 1 << 16));
            for (int i = 0; i < count; i++) {
                strings.add(in.string(key, Integer.MAX_VALUE));
            }
            return new MetadataValue.Strings(strings);
        }
        int size = elementType.leastBytes();
        int count = in.count(key, size, Integer.MAX_VALUE / size);
        return new MetadataValue.Numbers(elementType, in.bytes(count * size, key));
    }

    private static int alignment(Cursor in, Metadata metadata) {
        String key = "general.alignment";
        long alignment = metadata.integer(key, DEFAULT_ALIGNMENT);
        if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw in.error(
                    in.position(),
                    "%s: expected a power of two up to %d, got %d"
                            .formatted(key, MAX_ALIGNMENT, alignment));
        }
        return (int) alignment;
    }

    /// A tensor as its entry says it, before the start of the data is known.
    private record Pending(
            long at, String name, TensorType type, List<Long> ne, long offset, long sizeBytes) {}

    private static List<Pending> tensors(Cursor in, int count, int alignment) {
        List<Pending> tensors = new ArrayList<>(Math.min(count, 1 << 16));
        Set<String> names = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Pending tensor = tensor(in, i, alignment);
            if (!names.add(tensor.name())) {
                throw in.error(tensor.at(), "tensor %s occurs twice".formatted(tensor.name()));
            }
            tensors.add(tensor);
        }
        return tensors;
    }

    private static Pending tensor(Cursor in, int index, int alignment) {
        long at = in.position();
        in.charge(TENSOR_HEAP_BYTES);
        String name = in.string("the name of tensor %d".formatted(index), MAX_NAME_BYTES);
        long dimsAt = in.position();
        int dims = in.int32(name);
        if (dims < 0 || dims > 4) {
            throw in.error(
                    dimsAt,
                    "%s has %s dimensions, expected 1 to 4"
                            .formatted(name, Integer.toUnsignedString(dims)));
        }
        List<Long> ne = new ArrayList<>(4);
        for (int d = 0; d < dims; d++) {
            long neAt = in.position();
            long n = in.int64(name);
            if (n < 0) {
                throw in.error(
                        neAt,
                        "%s: dimension %d is %s".formatted(name, d, Long.toUnsignedString(n)));
            }
            ne.add(n);
        }
        if (dims == 0) {
            ne.add(1L);
        }
        long typeAt = in.position();
        int typeId = in.int32(name);
        TensorType type =
                TensorType.byId(typeId)
                        .orElseThrow(
                                () ->
                                        in.error(
                                                typeAt,
                                                "%s has the unknown tensor type %s"
                                                        .formatted(
                                                                name,
                                                                Integer.toUnsignedString(typeId))));
        if (ne.getFirst() % type.blockSize() != 0) {
            throw in.error(
                    typeAt,
                    "%s has rows of %d elements, %s needs a multiple of %d"
                            .formatted(name, ne.getFirst(), type, type.blockSize()));
        }
        long offsetAt = in.position();
        long offset = in.int64(name);
        if (offset < 0 || offset % alignment != 0) {
            throw in.error(
                    offsetAt,
                    "%s has offset %s, expected a multiple of %d"
                            .formatted(name, Long.toUnsignedString(offset), alignment));
        }
        try {
            return new Pending(at, name, type, ne, offset, TensorInfo.sizeBytes(type, ne));
        } catch (ArithmeticException e) {
            throw in.error(at, "%s of shape %s is larger than 2^63 bytes".formatted(name, ne));
        }
    }

    private static void checkOverlaps(Cursor in, List<TensorInfo> tensors, List<Pending> pending) {
        List<Integer> order = new ArrayList<>(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            if (tensors.get(i).sizeBytes() > 0) {
                order.add(i);
            }
        }
        order.sort(
                (i, j) -> Long.compare(tensors.get(i).offsetBytes(), tensors.get(j).offsetBytes()));
        for (int i = 1; i < order.size(); i++) {
            TensorInfo before = tensors.get(order.get(i - 1));
            TensorInfo after = tensors.get(order.get(i));
            if (after.offsetBytes() - before.offsetBytes() < before.sizeBytes()) {
                throw in.error(
                        pending.get(order.get(i)).at(),
                        "%s at byte %d overlaps %s, which has %d bytes from %d"
                                .formatted(
                                        after.name(),
                                        after.offsetBytes(),
                                        before.name(),
                                        before.sizeBytes(),
                                        before.offsetBytes()));
            }
        }
    }
}
