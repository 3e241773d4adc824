package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// A file of Linux that is in no folder, for where every folder is read-only or mounted noexec, as
/// in a locked-down container.
record MemoryFile() implements LibraryPlace {
    private static final int CLOSE_ON_EXEC = 1;

    @Override
    public SymbolLookup load(LibraryImage image, Loader loader) throws IOException {
        int descriptor = create();
        try {
            Path file = Path.of("/proc/self/fd/" + descriptor);
            image.writeTo(file);
            return loader.load(file);
        } finally {
            close(descriptor);
        }
    }

    private static int create() throws IOException {
        MethodHandle create =
                SystemCall.of(
                        "memfd_create",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom("twinbolt");
            descriptor = (int) create.invokeExact(name, CLOSE_ON_EXEC);
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
        if (descriptor < 0) {
            throw new IOException("the system permits none");
        }
        return descriptor;
    }

    private static void close(int descriptor) {
        MethodHandle close =
                SystemCall.of("close", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        try {
            close.invokeExact(descriptor);
        } catch (Throwable e) {
            throw NativeLibrary.failure(e);
        }
    }

    @Override
    public String toString() {
        return "a file in memory";
    }
}
