package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
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
            NativeFunction.ofSystem("close").callInt(descriptor);
        }
    }

    private static int create() throws IOException {
        NativeFunction create = NativeFunction.ofSystem("memfd_create");
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            descriptor = create.callInt(arena.allocateFrom("twinbolt").address(), CLOSE_ON_EXEC);
        }
        if (descriptor < 0) {
            throw new IOException("the system permits none");
        }
        return descriptor;
    }

    @Override
    public String toString() {
        return "a file in memory";
    }
}
