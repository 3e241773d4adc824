package dev.twinbolt.kernels.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/// A C function, of the system's library or of ours, that takes numbers and addresses, six at most,
/// and returns one.
///
/// All are called alike, with six 64-bit numbers, as the JVM makes a dozen classes for each other
/// signature. By the calling conventions of x86-64 and aarch64 a function looks at no more
/// arguments than it declares, and at no more than the lower half of one that is an `int`; of the
/// answer, where that is an `int`, the upper half is anything. Arguments that are left out are 0.
/// Not for those that take a variable number of arguments.
final class NativeFunction {
    private static final int ARGUMENTS = 6;

    private final MethodHandle handle;

    @SuppressWarnings("restricted")
    NativeFunction(MemorySegment address) {
        ValueLayout.OfLong[] arguments = new ValueLayout.OfLong[ARGUMENTS];
        Arrays.fill(arguments, ValueLayout.JAVA_LONG);
        this.handle =
                Linker.nativeLinker()
                        .downcallHandle(
                                address, FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments));
    }

    /// Throws [UnsupportedOperationException] where this system has no such function.
    static NativeFunction ofSystem(String name) {
        MemorySegment address =
                Linker.nativeLinker()
                        .defaultLookup()
                        .find(name)
                        .orElseThrow(
                                () ->
                                        new UnsupportedOperationException(
                                                "this system has no " + name));
        return new NativeFunction(address);
    }

    /// Of a function that returns 64 bits.
    long call(long... arguments) {
        long[] a = Arrays.copyOf(arguments, ARGUMENTS);
        try {
            return (long) handle.invokeExact(a[0], a[1], a[2], a[3], a[4], a[5]);
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
    }

    /// Of a function that returns an `int`.
    int callInt(long... arguments) {
        return (int) call(arguments);
    }
}
