package dev.twinbolt.kernels.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A C kernel that computes a range of what an op's threads share, such as rows: `void
/// tb_<variant>_<op>(arguments, from, to, scratch)`.
final class NativeKernel {
    /// Nanoseconds for which a call may keep the garbage collector waiting.
    private static final long BRIEF_NANOS = 20_000;

    private static final FunctionDescriptor FUNCTION =
            FunctionDescriptor.ofVoid(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG);

    // Take the kernel's address first. Critical calls cost half and block the garbage collector.
    private static final MethodHandle BRIEF = handle(Linker.Option.critical(false));
    private static final MethodHandle LASTING = handle();

    private final MemorySegment address;

    @SuppressWarnings("restricted")
    private static MethodHandle handle(Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(FUNCTION, options);
    }

    /// `op` in lower case, as in C.
    NativeKernel(NativeLibrary library, CpuVariant variant, String op) {
        this.address = library.find(variant, op);
    }

    /// Computes `from` to `to`, which takes about `nanos` and no scratch memory; `arguments` is the
    /// address of [NativeArguments].
    void compute(long arguments, long from, long to, long nanos) {
        try {
            if (nanos <= BRIEF_NANOS) {
                BRIEF.invokeExact(address, arguments, from, to, 0L);
            } else {
                LASTING.invokeExact(address, arguments, from, to, 0L);
            }
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
    }

    /// The same for as long as it takes, and with `scratchBytes` of this thread's [Scratch].
    void computeWithScratch(long arguments, long from, long to, long scratchBytes) {
        long scratch = Scratch.address(scratchBytes);
        try {
            LASTING.invokeExact(address, arguments, from, to, scratch);
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
    }
}
