package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;

/// A new folder under `parent` for one start, with a name that nobody can foresee and open to this
/// user alone.
record FreshFolder(Path parent) implements LibraryPlace {
    @Override
    public SymbolLookup load(LibraryImage image, Loader loader) throws IOException {
        Path folder = Files.createTempDirectory(parent, "twinbolt-");
        Path file = folder.resolve(image.uniqueFileName());
        try {
            image.writeTo(file);
            return loader.load(file);
        } finally {
            remove(file);
            remove(folder);
        }
    }

    /// What is loaded needs its name no more, except on Windows, where it is left behind.
    private static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // The temporary folder is for the system to clear.
        }
    }

    @Override
    public String toString() {
        return parent.toString();
    }
}
