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
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// What a string costs on the heap beside its text: itself, its array, a reference.
    private static final long STRING_HEAP_BYTES = 56;

    /// What stands in a string for bytes that are not UTF-8, and may stand in a file itself.
    private static final char REPLACEMENT = '\uFFFD';

    private final String file;
    private final MemorySegment bytes;
    private final HeapBudget budget;
    private long position;

    Cursor(String file, MemorySegment bytes, HeapBudget budget) {
        this.file = file;
        this.bytes = bytes;
        this.budget = budget;
    }

    long position() {
        return position;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    byte int8(String what) {
        return bytes.get(ValueLayout.JAVA_BYTE, take(1, what));
    }

    int int32(String what) {
        return bytes.get(INT, take(4, what));
    }

    long int64(String what) {
        return bytes.get(LONG, take(8, what));
    }

    /// A count of things that take `leastBytes` each, so that no more can be announced than fit.
    int count(String what, int leastBytes, int most) {
        long at = position;
        long count = int64(what);
        if (count < 0 || count > remaining() / leastBytes || count > most) {
            throw error(
                    at,
                    "%s: %s announced, %d bytes are left"
                            .formatted(what, Long.toUnsignedString(count), remaining()));
        }
        return (int) count;
    }

    /// A copy, so that it outlives the mapping.
    ByteBuffer bytes(int size, String what) {
        charge(size);
        long at = take(size, what);
        ByteBuffer copy = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment.copy(bytes, at, MemorySegment.ofBuffer(copy), 0, size);
        return copy;
    }

    /// A length and that many bytes of UTF-8.
    String string(String what, int mostBytes) {
        int length = count(what, 1, mostBytes);
        charge(STRING_HEAP_BYTES + length);
        if (length == 0) {
            return "";
        }
        long at = position;
        byte[] utf8 = bytes(length, what).array();
        // A vocabulary has hundreds of thousands of them, so the strict decoder reads only what
        // may have been replaced.
        String text = new String(utf8, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) {
            checkUtf8(utf8, at, what);
        }
        return text;
    }

    private void checkUtf8(byte[] utf8, long at, String what) {
        ByteBuffer in = ByteBuffer.wrap(utf8);
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(in);
        } catch (CharacterCodingException e) {
            throw error(at + in.position(), what + ": not valid UTF-8");
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
