package dev.twinbolt.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// A position in a file's bytes that reads little-endian values, and refuses to pass the end or to
/// take more heap than its budget.
final class Cursor {
    /// How many bytes are copied at a time: a vocabulary is hundreds of thousands of short reads,
    /// which a program's first second runs uncompiled, and an array is then read fastest.
    private static final int WINDOW_BYTES = 1 << 16;

    /// What a string costs on the heap beside its text: itself, its array, a reference.
    private static final long STRING_HEAP_BYTES = 56;

    /// What stands in a string for bytes that are not UTF-8, and may stand in a file itself.
    private static final char REPLACEMENT = '\uFFFD';

    private final String file;
    private final MemorySegment bytes;
    private final HeapBudget budget;
    private final ByteBuffer window;

    /// The position of the window's first byte; its limit is how many it has.
    private long windowStart;

    private long position;

    Cursor(String file, MemorySegment bytes, HeapBudget budget) {
        this.file = file;
        this.bytes = bytes;
        this.budget = budget;
        int size = (int) Math.min(WINDOW_BYTES, bytes.byteSize());
        window = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    byte int8(String what) {
        return window.get(read(1, what));
    }

    int int32(String what) {
        return window.getInt(read(4, what));
    }

    long int64(String what) {
        return window.getLong(read(8, what));
    }

    /// A count of things that take `leastBytes` each, so that no more can be announced than fit.
    int count(String what, int leastBytes, int most) {
        long at = position;
        long count = int64(what);
        if (count < 0 || count > remaining() / leastBytes || count > most) {
            throw error(
                    at,
                    "%s: %s announced, %d bytes are left; the file is probably truncated or damaged"
                            .formatted(what, Long.toUnsignedString(count), remaining()));
        }
        return (int) count;
    }

    /// A copy, so that it outlives the mapping.
    ByteBuffer bytes(int size, String what) {
        charge(size);
        return ByteBuffer.wrap(copy(size, what)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A length and that many bytes of UTF-8.
    String string(String what, int mostBytes) {
        int length = count(what, 1, mostBytes);
        charge(STRING_HEAP_BYTES + 2L * length);
        long at = position;
        String text =
                length <= window.capacity()
                        ? new String(
                                window.array(), read(length, what), length, StandardCharsets.UTF_8)
                        : new String(copy(length, what), StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) {
            checkUtf8(bytes.asSlice(at, length).asByteBuffer(), at, what);
        }
        return text;
    }

    /// Reads strictly what [String] reads with replacements.
    private void checkUtf8(ByteBuffer utf8, long at, String what) {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(utf8);
        } catch (CharacterCodingException e) {
            throw error(at + utf8.position(), what + ": not valid UTF-8");
        }
    }

    /// Refuses, before it is allocated, what the budget does not have.
    void charge(long heapBytes) {
        if (!budget.take(heapBytes)) {
            throw error(
                    position,
                    "what is read up to here needs more than %d bytes of heap; give the JVM a larger one (-Xmx), or the file is damaged"
                            .formatted(budget.limitBytes()));
        }
    }

    GgufException error(long at, String problem) {
        return new GgufException("%s, byte %d: %s".formatted(file, at, problem), at);
    }

    private byte[] copy(int size, String what) {
        byte[] copy = new byte[size];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, take(size, what), copy, 0, size);
        return copy;
    }

    /// Where the next `size` bytes, no more than the window holds, stand in the window.
    private int read(int size, String what) {
        long at = take(size, what);
        if (at + size > windowStart + window.limit()) {
            windowStart = at;
            window.limit((int) Math.min(window.capacity(), bytes.byteSize() - at));
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, window.array(), 0, window.limit());
        }
        return (int) (at - windowStart);
    }

    private long take(long size, String what) {
        if (size > remaining()) {
            throw error(
                    position,
                    "%s needs %d bytes, %d are left; the file is probably truncated"
                            .formatted(what, size, remaining()));
        }
        long at = position;
        position += size;
        return at;
    }
}
