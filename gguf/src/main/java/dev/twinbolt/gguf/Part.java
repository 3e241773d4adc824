package dev.twinbolt.gguf;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// One mapped file.
final class Part implements AutoCloseable {
    private final Path path;

    /// No channel, which an interrupt of whoever asks for the size would close for all.
    private final RandomAccessFile file;

    private final Arena arena;
    private final MemorySegment bytes;
    private final Header header;

    private Part(
            Path path, RandomAccessFile file, Arena arena, MemorySegment bytes, Header header) {
        this.path = path;
        this.file = file;
        this.arena = arena;
        this.bytes = bytes;
        this.header = header;
    }

    @SuppressWarnings("MustBeClosedChecker") // the part owns the arena from here on
    static Part open(Path path, int index, boolean withData, HeapBudget budget) {
        if (Files.isDirectory(path)) {
            throw new GgufException("%s is a directory, expected a GGUF file".formatted(path), -1);
        }
        if (Files.exists(path) && !Files.isRegularFile(path)) { // a pipe would be waited for
            throw new GgufException(
                    "%s is no regular file, expected a GGUF file".formatted(path), -1);
        }
        if (Files.notExists(path)) {
            throw new GgufException("%s: no such file".formatted(path), -1);
        }
        Arena arena = Arena.ofShared();
        RandomAccessFile file = null;
        try {
            file = new RandomAccessFile(path.toFile(), "r");
            MemorySegment bytes =
                    file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, file.length(), arena);
            Header header = Header.read(path.getFileName().toString(), bytes, index, budget);
            Part part = new Part(path, file, arena, bytes, header);
            if (withData) {
                part.checkTensorsInside();
            }
            return part;
        } catch (IOException e) {
            release(arena, file);
            throw new GgufException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
        } catch (InternalError e) {
            release(arena, file);
            throw new GgufException("%s was cut while it was being read".formatted(path), e);
        } catch (RuntimeException | Error e) {
            release(arena, file);
            throw e;
        }
    }

    Path path() {
        return path;
    }

    Header header() {
        return header;
    }

    MemorySegment slice(TensorInfo tensor) {
        return bytes.asSlice(tensor.offsetBytes(), tensor.sizeBytes());
    }

    /// Copies what precedes the tensor data.
    byte[] readHeader() {
        checkIntact();
        try {
            long size = Math.min(header.dataStart(), bytes.byteSize());
            return bytes.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
        } catch (InternalError e) {
            throw new GgufException("%s was cut while it was being read".formatted(path), e);
        }
    }

    void read(TensorInfo tensor, long offset, MemorySegment target) {
        checkIntact();
        try {
            MemorySegment.copy(slice(tensor), offset, target, 0, target.byteSize());
        } catch (InternalError e) {
            throw new GgufException(
                    "%s was cut while %s was being read".formatted(path, tensor.name()), e);
        }
    }

    void checkIntact() {
        long size;
        try {
            size = file.length();
        } catch (IOException e) {
            throw new GgufException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
        }
        if (size < bytes.byteSize()) {
            throw new GgufException(
                    "%s has %d bytes, it had %d when it was opened; restore the file and start again"
                            .formatted(path, size, bytes.byteSize()),
                    size);
        }
    }

    private void checkTensorsInside() {
        if (!header.tensors().isEmpty() && bytes.byteSize() <= header.dataStart()) {
            throw new GgufException(
                    ("%s, byte %d: the file ends with its header, none of its %d tensors is there; it"
                                    + " is enough to plan with (engine-host plan), or truncated")
                            .formatted(
                                    path.getFileName(), bytes.byteSize(), header.tensors().size()),
                    bytes.byteSize());
        }
        for (TensorInfo tensor : header.tensors()) {
            long left = Math.max(0, bytes.byteSize() - tensor.offsetBytes());
            if (tensor.sizeBytes() > left || tensor.offsetBytes() > bytes.byteSize()) {
                throw new GgufException(
                        ("%s, byte %d: %s needs %d bytes, %d are left; the file is probably"
                                        + " truncated")
                                .formatted(
                                        path.getFileName(),
                                        tensor.offsetBytes(),
                                        tensor.name(),
                                        tensor.sizeBytes(),
                                        left),
                        tensor.offsetBytes());
            }
        }
    }

    @Override
    public void close() {
        release(arena, file);
    }

    private static void release(Arena arena, @Nullable RandomAccessFile file) {
        arena.close();
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new GgufException("closing the file failed: " + e.getMessage(), e);
            }
        }
    }
}
