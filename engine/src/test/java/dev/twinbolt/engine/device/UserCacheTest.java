package dev.twinbolt.engine.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UserCacheTest {
    private static final String A = Path.of("a").toAbsolutePath().toString();
    private static final String B = Path.of("b").toAbsolutePath().toString();

    private static void assertFolder(Path expected, String os, Map<String, String> environment) {
        assertEquals(Optional.of(expected), UserCache.folder(os, environment));
    }

    @Test
    void isWhereTheSystemKeepsCaches() {
        Map<String, String> all = Map.of("HOME", A, "XDG_CACHE_HOME", B);
        assertFolder(Path.of(B, "twinbolt"), "Linux", all);
        assertFolder(Path.of(A, ".cache", "twinbolt"), "Linux", Map.of("HOME", A));
        assertFolder(Path.of(A, "Library", "Caches", "twinbolt"), "Mac OS X", all);
        Map<String, String> windows = Map.of("HOME", A, "LOCALAPPDATA", B);
        assertFolder(Path.of(B, "twinbolt"), "Windows 11", windows);
    }

    /// What is measured of a busy machine is nothing to remember for its user.
    @Test
    void theTestsOfABuildHaveOneOfTheirOwn() {
        assumeTrue(System.getProperty("twinbolt.root") != null, "not run by Maven");
        assumeFalse(System.getProperty("os.name").startsWith("Mac"), "there HOME alone decides");
        assertEquals(
                Optional.of(Path.of("target", "test-cache", "twinbolt").toAbsolutePath()),
                UserCache.folder());
    }

    @Test
    void whatIsNoAbsolutePathIsNone() {
        Map<String, String> relative = Map.of("HOME", "?", "XDG_CACHE_HOME", "cache");
        assertEquals(Optional.empty(), UserCache.folder("Linux", relative));
        assertEquals(Optional.empty(), UserCache.folder("Linux", Map.of("HOME", "\0")));
        assertEquals(Optional.empty(), UserCache.folder("Windows 11", Map.of("HOME", A)));
        assertFolder(
                Path.of(A, ".cache", "twinbolt"),
                "Linux",
                Map.of("HOME", A, "XDG_CACHE_HOME", "cache"));
    }
}
