package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class NativeFunctionTest {
    @Test
    void takesAndReturnsNumbersOfEitherSize() {
        try (Arena arena = Arena.ofConfined()) {
            long digits = arena.allocateFrom("-1234567890").address();
            assertEquals(11, NativeFunction.ofSystem("strlen").call(digits));
            assertEquals(-1234567890, NativeFunction.ofSystem("atoi").callInt(digits));
            assertEquals(7, NativeFunction.ofSystem("abs").callInt(-7));
        }
    }

    @Test
    void argumentsKeepTheirOrder() {
        try (Arena arena = Arena.ofConfined()) {
            long to = arena.allocateFrom("abcdef").address();
            long from = arena.allocateFrom("uvwxyz").address();
            assertEquals(to, NativeFunction.ofSystem("memcpy").call(to, from, 3));
            assertEquals(0, NativeFunction.ofSystem("memcmp").callInt(to, from, 3));
        }
    }

    @Test
    void namesWhatTheSystemLacks() {
        UnsupportedOperationException e =
                assertThrows(
                        UnsupportedOperationException.class,
                        () -> NativeFunction.ofSystem("twinbolt_none"));
        assertEquals("this system has no twinbolt_none", e.getMessage());
    }
}
