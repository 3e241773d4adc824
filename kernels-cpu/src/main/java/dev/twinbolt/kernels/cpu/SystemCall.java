package dev.twinbolt.kernels.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/// Functions of the system's C library.
final class SystemCall {
    private SystemCall() {}

    /// Throws [UnsupportedOperationException] where this system has no such function.
    @SuppressWarnings("restricted")
    static MethodHandle of(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup()
                        .find(name)
                        .orElseThrow(
                                () ->
                                        new UnsupportedOperationException(
                                                "this system has no " + name)),
                descriptor);
    }
}
