package dev.twinbolt.gguf;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes a GGUF file of version 3. Tensor data is produced while it is written, so a model may be
/// larger than memory. The file appears under its name when it is whole.
public final class GgufWriter {
    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;

    /// Produces the bytes of one tensor.
    public interface Source {
        void writeTo(OutputStream out) throws IOException;
    }

    private record Entry(
            String name, TensorType type, List<Long> ne, long sizeBytes, Source data) {}

    private final Map<String, MetadataValue> metadata = new LinkedHashMap<>();
    private final List<Entry> tensors = new ArrayList<>();
    private final Set<String> names = new LinkedHashSet<>();

    public GgufWriter metadata(String key, MetadataValue value) {
        if (metadata.put(key, value) != null) {
            throw new IllegalArgumentException("metadata " + key + " is there already");
        }
        return this;
    }

    /// `data` writes as many bytes as `type` and `ne` (innermost first) need.
    public GgufWriter tensor(String name, TensorType type, List<Long> ne, Source data) {
        if (ne.isEmpty() || ne.size() > 4 || ne.getFirst() % type.blockSize() != 0) {
            throw new IllegalArgumentException(
                    "%s: %s of shape %s cannot be stored".formatted(name, type, ne));
        }
        if (!names.add(name)) {
            throw new IllegalArgumentException("tensor " + name + " is there already");
        }
        tensors.add(new Entry(name, type, List.copyOf(ne), TensorInfo.sizeBytes(type, ne), data));
        return this;
    }

    public GgufWriter tensor(String name, TensorType type, List<Long> ne, MemorySegment data) {
        return tensor(name, type, ne, out -> out.write(data.toArray(ValueLayout.JAVA_BYTE)));
    }

    public void write(Path path) throws IOException {
        write(path, true);
    }

    /// Writes metadata and tensor infos without the data: enough to plan with.
    public void writeHeader(Path path) throws IOException {
        write(path, false);
    }

    private void write(Path path, boolean withData) throws IOException {
        Path partial = path.resolveSibling(path.getFileName() + ".partial");
        try {
            try (Out out = new Out(new BufferedOutputStream(Files.newOutputStream(partial)))) {
                header(out);
                if (withData) {
                    for (Entry tensor : tensors) {
                        data(out, tensor);
                    }
                }
            }
            Files.move(partial, path, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private void header(Out out) throws IOException {
        out.write("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.int32(VERSION);
        out.int64(tensors.size());
        out.int64(metadata.size());
        for (Map.Entry<String, MetadataValue> entry : metadata.entrySet()) {
            out.string(entry.getKey());
            out.int32(entry.getValue().type().id());
            value(out, entry.getValue());
        }
        long offset = 0;
        for (Entry tensor : tensors) {
            out.string(tensor.name());
            out.int32(tensor.ne().size());
            for (long n : tensor.ne()) {
                out.int64(n);
            }
            out.int32(tensor.type().id());
            out.int64(offset);
            offset = Alignment.roundUp(offset + tensor.sizeBytes(), ALIGNMENT);
        }
        out.align();
    }

    private static void value(Out out, MetadataValue value) throws IOException {
        switch (value) {
            case MetadataValue.Int(ValueType type, long number) ->
                    out.integer(number, type.leastBytes());
            case MetadataValue.Real(ValueType type, double number) -> {
                if (type == ValueType.FLOAT32) {
                    out.int32(Float.floatToRawIntBits((float) number));
                } else {
                    out.int64(Double.doubleToRawLongBits(number));
                }
            }
            case MetadataValue.Bool(boolean bool) -> out.write(bool ? 1 : 0);
            case MetadataValue.Str(String string) -> out.string(string);
            case MetadataValue.Strings(List<String> strings) -> {
                out.int32(ValueType.STRING.id());
                out.int64(strings.size());
                for (String string : strings) {
                    out.string(string);
                }
            }
            case MetadataValue.Numbers numbers -> {
                out.int32(numbers.elementType().id());
                out.int64(numbers.count());
                byte[] bytes = new byte[numbers.bytes().capacity()];
                numbers.bytes().get(0, bytes);
                out.write(bytes);
            }
        }
    }

    private static void data(Out out, Entry tensor) throws IOException {
        long start = out.written;
        tensor.data().writeTo(out);
        if (out.written - start != tensor.sizeBytes()) {
            throw new IOException(
                    "%s: expected %d bytes, its source wrote %d"
                            .formatted(tensor.name(), tensor.sizeBytes(), out.written - start));
        }
        out.align();
    }

    /// Counts what is written, little-endian.
    private static final class Out extends OutputStream {
        private final OutputStream out;
        private long written;

        Out(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            written++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            written += length;
        }

        @Override
        public void close() throws IOException {
            out.close();
        }

        void integer(long value, int sizeBytes) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            write(bytes.putLong(0, value).array(), 0, sizeBytes);
        }

        void int32(int value) throws IOException {
            integer(value, 4);
        }

        void int64(long value) throws IOException {
            integer(value, 8);
        }

        void string(String value) throws IOException {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            int64(utf8.length);
            write(utf8);
        }

        void align() throws IOException {
            write(new byte[(int) (Alignment.roundUp(written, ALIGNMENT) - written)]);
        }
    }
}
