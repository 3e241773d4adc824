package dev.twinbolt.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Native memory of a thread's own, in which a C kernel holds what it works on.
final class Scratch {
    private static final long ALIGNMENT = 64;
    private static final ThreadLocal<MemorySegment> MEMORY =
            ThreadLocal.withInitial(() -> MemorySegment.NULL);

    private Scratch() {}

    /// The address of [#memory].
    static long address(long sizeBytes) {
        return memory(sizeBytes).address();
    }

    /// At least `sizeBytes`, the same as at the last call and with what was left there, or
    /// anything. Good until this thread asks for more.
    static MemorySegment memory(long sizeBytes) {
        MemorySegment memory = MEMORY.get();
        if (memory.byteSize() < sizeBytes) {
            memory = Arena.ofAuto().allocate(sizeBytes, ALIGNMENT);
            MEMORY.set(memory);
        }
        return memory;
    }
}
