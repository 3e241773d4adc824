package dev.twinbolt.kernels.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A C kernel that computes a range of an op's rows: `void tb_<variant>_<op>(arguments, from, to)`.
final class NativeKernel {
    /// Nanoseconds for which a call may keep the garbage collector waiting.
    private static final long BRIEF = 20_000;

    private static final FunctionDescriptor FUNCTION =
            FunctionDescriptor.ofVoid(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    private final MethodHandle brief;
    private final MethodHandle lasting;

    /// `op` in lower case, as in C.
    NativeKernel(NativeLibrary library, CpuVariant variant, String op) {
        this.brief = library.handle(variant, op, FUNCTION, true);
        this.lasting = library.handle(variant, op, FUNCTION, false);
    }

    /// Computes rows `from` to `to`, which take about `nanos`; `arguments` is the address of
    /// [NativeArguments].
    void compute(long arguments, long from, long to, long nanos) {
        try {
            if (nanos <= BRIEF) {
                brief.invokeExact(arguments, from, to);
            } else {
                lasting.invokeExact(arguments, from, to);
            }
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
    }
}
