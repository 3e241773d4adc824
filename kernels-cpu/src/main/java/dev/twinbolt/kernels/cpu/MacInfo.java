package dev.twinbolt.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What macOS answers to sysctl.
final class MacInfo {
    private static final long ANSWER_BYTES = 256;

    private MacInfo() {}

    /// Whether a number of that name is there and not 0.
    static boolean isOn(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = ask(name, arena);
            // Numbers are of 4 or 8 bytes, little-endian, and the answer was zero before.
            return answer.get(ValueLayout.JAVA_INT, 0) != 0;
        }
    }

    /// The text of that name; empty where there is none.
    static String text(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return ask(name, arena).getString(0);
        }
    }

    /// The answer, zero where there is none.
    private static MemorySegment ask(String name, Arena arena) {
        MemorySegment answer = arena.allocate(ANSWER_BYTES + 1, 8);
        MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_LONG, ANSWER_BYTES);
        int status =
                NativeFunction.ofSystem("sysctlbyname")
                        .callInt(
                                arena.allocateFrom(name).address(),
                                answer.address(),
                                size.address());
        return status == 0 ? answer : answer.fill((byte) 0);
    }
}
