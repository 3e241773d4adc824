package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SessionHeaderTest {
    private static final CacheTypes TYPES = new CacheTypes(TensorType.Q8_0, TensorType.F16);

    private static SessionHeader header(int layers, int rowK, int rowV, int cells, int tokens) {
        return new SessionHeader("0f".repeat(32), TYPES, layers, rowK, rowV, cells, tokens);
    }

    private static SessionHeader again(SessionHeader header) {
        return SessionHeader.decode(header.encode(), Path.of("saved"));
    }

    private static void assertRefused(String part, SessionHeader header) {
        String message = assertThrows(SessionFileException.class, () -> again(header)).toString();
        assertTrue(message.contains(part), message);
    }

    @Test
    void isReadAsItWasWritten() {
        SessionHeader header = header(3, 34, 64, 5, 6);
        assertEquals(header, again(header));
        assertEquals(72 + 4 * 6 + 5 * 3 * (34 + 64) + 32, header.fileBytes());
    }

    /// The largest that are taken have a size that is no overflow.
    @Test
    void boundsEveryNumber() {
        SessionHeader largest = header(1 << 12, 1 << 25, 1 << 25, 1 << 24, (1 << 24) + 1);
        assertEquals(largest, again(largest));
        assertEquals((1L << 62) + 4L * ((1 << 24) + 1) + 72 + 32, largest.fileBytes());
        assertRefused("4097 layers", header((1 << 12) + 1, 1, 1, 1, 1));
        assertRefused("33554433 bytes of K", header(1, (1 << 25) + 1, 1, 1, 1));
        assertRefused("33554433 bytes of V", header(1, 1, (1 << 25) + 1, 1, 1));
        assertRefused("16777217 cells", header(1, 1, 1, (1 << 24) + 1, (1 << 24) + 1));
        assertRefused("16777218 tokens", header(1, 1, 1, 1, (1 << 24) + 2));
        assertRefused("4294967295 tokens", header(1, 1, 1, 1, -1));
    }

    @Test
    void noMoreTokensAreCachedThanThereAre() {
        assertEquals(4, again(header(1, 1, 1, 4, 4)).cells());
        assertRefused("K and V of 5 tokens, but 4 tokens", header(1, 1, 1, 5, 4));
    }
}
