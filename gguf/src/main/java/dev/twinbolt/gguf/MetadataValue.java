package dev.twinbolt.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// One value of a file's metadata, with the type that it has in the file.
public sealed interface MetadataValue {
    ValueType type();

    /// An integer of any width; an unsigned 64-bit one past 2^63 is negative here.
    record Int(ValueType type, long value) implements MetadataValue {
        public Int {
            if (!type.isInteger()) {
                throw new IllegalArgumentException(type + " is no integer type");
            }
        }
    }

    record Real(ValueType type, double value) implements MetadataValue {
        public Real {
            if (!type.isReal()) {
                throw new IllegalArgumentException(type + " is no floating-point type");
            }
        }
    }

    record Bool(boolean value) implements MetadataValue {
        @Override
        public ValueType type() {
            return ValueType.BOOL;
        }
    }

    record Str(String value) implements MetadataValue {
        @Override
        public ValueType type() {
            return ValueType.STRING;
        }
    }

    record Strings(List<String> values) implements MetadataValue {
        public Strings {
            values = List.copyOf(values);
        }

        @Override
        public ValueType type() {
            return ValueType.ARRAY;
        }
    }

    /// An array of numbers or booleans, kept as the bytes of the file: little-endian, without gaps.
    record Numbers(ValueType elementType, ByteBuffer bytes) implements MetadataValue {
        public Numbers {
            if (!elementType.isInteger()
                    && !elementType.isReal()
                    && elementType != ValueType.BOOL) {
                throw new IllegalArgumentException(elementType + " is no number type");
            }
            bytes = bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public ValueType type() {
            return ValueType.ARRAY;
        }

        public int count() {
            return bytes.capacity() / elementType.leastBytes();
        }

        /// Element `i` of an array of integers or booleans.
        long integer(int i) {
            return switch (elementType) {
                case UINT8, BOOL -> Byte.toUnsignedLong(bytes.get(i));
                case INT8 -> bytes.get(i);
                case UINT16 -> Short.toUnsignedLong(bytes.getShort(2 * i));
                case INT16 -> bytes.getShort(2 * i);
                case UINT32 -> Integer.toUnsignedLong(bytes.getInt(4 * i));
                case INT32 -> bytes.getInt(4 * i);
                case UINT64, INT64 -> bytes.getLong(8 * i);
                case FLOAT32, FLOAT64, STRING, ARRAY ->
                        throw new IllegalStateException(elementType + " is no integer type");
            };
        }

        /// Element `i` of an array of floats.
        double real(int i) {
            return elementType == ValueType.FLOAT32
                    ? bytes.getFloat(4 * i)
                    : bytes.getDouble(8 * i);
        }
    }

    static MetadataValue of(String value) {
        return new Str(value);
    }

    static MetadataValue of(boolean value) {
        return new Bool(value);
    }

    static MetadataValue of(float value) {
        return new Real(ValueType.FLOAT32, value);
    }

    /// A UINT32, the type of most sizes and counts.
    static MetadataValue of(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("expected 0 or more, got " + value);
        }
        return new Int(ValueType.UINT32, value);
    }

    static MetadataValue of(List<String> values) {
        return new Strings(values);
    }

    static MetadataValue of(float... values) {
        ByteBuffer bytes = littleEndian(4 * values.length);
        bytes.asFloatBuffer().put(values);
        return new Numbers(ValueType.FLOAT32, bytes);
    }

    static MetadataValue of(int... values) {
        ByteBuffer bytes = littleEndian(4 * values.length);
        bytes.asIntBuffer().put(values);
        return new Numbers(ValueType.INT32, bytes);
    }

    private static ByteBuffer littleEndian(int sizeBytes) {
        return ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
