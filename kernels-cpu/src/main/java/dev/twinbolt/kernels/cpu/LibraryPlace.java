package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
        String home = System.getProperty("user.home", "");
        Optional<Path> cache =
                switch (target.os()) {
                    case "windows" -> absolute(environment.get("LOCALAPPDATA"));
                    case "macos" -> absolute(home).map(path -> path.resolve("Library/Caches"));
                    default ->
                            absolute(environment.get("XDG_CACHE_HOME"))
                                    .or(() -> absolute(home).map(path -> path.resolve(".cache")));
                };
        cache.ifPresent(path -> places.add(new CacheFolder(path.resolve("twinbolt"))));
        absolute(System.getProperty("java.io.tmpdir"))
                .ifPresent(path -> places.add(new FreshFolder(path)));
        if (target.os().equals("linux")) {
            places.add(new MemoryFile());
        }
        return places;
    }

    /// Empty for what is no absolute path, such as the `?` that the JVM says of an unknown home.
    private static Optional<Path> absolute(@Nullable String text) {
        try {
            return Optional.ofNullable(text).map(Path::of).filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
