package dev.twinbolt.engine.device;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The folder in which this user's programs keep what can be made again.
public final class UserCache {
    private UserCache() {}

    /// Ours in this process; it need not exist. Empty where the user has none.
    public static Optional<Path> folder() {
        return folder(System.getProperty("os.name", ""), System.getenv());
    }

    /// As [#folder()] on the system `osName`, by its name in Java or in short.
    public static Optional<Path> folder(String osName, Map<String, String> environment) {
        String os = osName.toLowerCase(Locale.ROOT);
        // The JVM's user.home is the password file's, whatever HOME says.
        String home = environment.getOrDefault("HOME", System.getProperty("user.home", ""));
        Optional<Path> caches;
        if (os.startsWith("windows")) {
            caches = absolute(environment.get("LOCALAPPDATA"));
        } else if (os.startsWith("mac")) {
            caches = absolute(home).map(path -> path.resolve("Library/Caches"));
        } else {
            caches =
                    absolute(environment.get("XDG_CACHE_HOME"))
                            .or(() -> absolute(home).map(path -> path.resolve(".cache")));
        }
        return caches.map(path -> path.resolve("twinbolt"));
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
