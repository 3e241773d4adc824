package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Native memory beside the operands, in which a kernel holds what it works on.
final class Scratch {
    private static final long ALIGNMENT = 64;

    /// No op of a model needs as much; one of a hostile peer could be made to.
    static final long MOST_BYTES = 64 << 20;

    private static final long LEAST_BYTES = 4 << 10;

    private static final ThreadLocal<MemorySegment> MEMORY =
            ThreadLocal.withInitial(() -> MemorySegment.NULL);

    private Scratch() {}

    /// The address of [#memory].
    static long address(long sizeBytes) {
        return memory(sizeBytes).address();
    }

    /// Memory of this thread's own: at least `sizeBytes`, the same as at the last call and with
    /// what was left there, or anything. Good until this thread asks for more.
    static MemorySegment memory(long sizeBytes) {
        MemorySegment memory = atLeast(MEMORY.get(), sizeBytes);
        MEMORY.set(memory);
        return memory;
    }

    /// `memory` where it has `sizeBytes`, else other memory to keep in its place. Sizes are
    /// doubled, so that what was kept before, which the garbage collector frees, is no more than
    /// that.
    static MemorySegment atLeast(MemorySegment memory, long sizeBytes) {
        if (memory.byteSize() >= sizeBytes) {
            return memory;
        }
        if (sizeBytes > MOST_BYTES) {
            throw new DeviceException.OutOfMemory(
                    "an op needs %d bytes beside its operands, at most %d are given"
                            .formatted(sizeBytes, MOST_BYTES));
        }
        long size = Long.highestOneBit(Math.max(LEAST_BYTES, sizeBytes) * 2 - 1);
        return Arena.ofAuto().allocate(size, ALIGNMENT);
    }
}
