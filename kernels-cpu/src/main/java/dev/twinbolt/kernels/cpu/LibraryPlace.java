package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.device.UserCache;
import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Somewhere to put a library's bytes so that the system can load them. Its text names it for
/// people.
sealed interface LibraryPlace permits CacheFolder, FreshFolder, MemoryFile {
    /// Loads a library from a file.
    interface Loader {
        /// Throws [IOException] where the system refuses this file.
        SymbolLookup load(Path file) throws IOException;
    }

    /// Throws [IOException] where this place does not serve and another may.
    SymbolLookup load(LibraryImage image, Loader loader) throws IOException;

    /// The places to try, in order: a file that stays for the next start, then ones that do not.
    static List<LibraryPlace> of(NativeTarget target, Map<String, String> environment) {
        List<LibraryPlace> places = new ArrayList<>();
        UserCache.folder(target.os(), environment)
                .ifPresent(folder -> places.add(new CacheFolder(folder)));
        temporary().ifPresent(path -> places.add(new FreshFolder(path)));
        if (target.os().equals("linux")) {
            places.add(new MemoryFile());
        }
        return places;
    }

    /// The folder for temporary files; empty where the JVM's is no absolute path.
    private static Optional<Path> temporary() {
        try {
            String folder = System.getProperty("java.io.tmpdir", "");
            return Optional.of(Path.of(folder)).filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
