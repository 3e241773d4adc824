package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryPlaceTest {
    private static final NativeTarget TARGET = NativeTarget.ofThisMachine();

    @TempDir Path folder;
    private LibraryImage image;
    private Path cache;
    private Path file;

    @BeforeEach
    void setUp() {
        image = LibraryImage.of(TARGET);
        cache = folder.resolve("home/.cache/twinbolt");
        file = cache.resolve(image.uniqueFileName());
    }

    private void load(LibraryPlace... places) {
        NativeLibrary library = NativeLibrary.open(image, List.of(places));
        assertEquals(CpuFeatures.of(TARGET, NativeLibrary.load()), CpuFeatures.of(TARGET, library));
    }

    private void loadFromCache() {
        load(new CacheFolder(cache));
    }

    private static List<String> namesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }

    private static void assumePosix() {
        assumeTrue(
                Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix"),
                "the permissions of POSIX are needed");
    }

    @Test
    void aDamagedResourceIsRefused() throws Exception {
        try (InputStream in = LibraryImage.class.getResourceAsStream(TARGET.resource())) {
            byte[] bytes = in.readAllBytes();
            bytes[bytes.length / 2] ^= 1;
            LibraryImage damaged = new LibraryImage("lib.so", bytes, "0123456789");
            NativeLibraryException e =
                    assertThrows(
                            NativeLibraryException.class,
                            () -> damaged.writeTo(folder.resolve("lib.so")));
            assertTrue(
                    e.reason().startsWith("lib.so was built with checksum 0123456789 and has "),
                    e.reason());
            assertFalse(Files.exists(folder.resolve("lib.so")));
        }
    }

    @Test
    void anUnknownTargetIsNamed() {
        NativeLibraryException e =
                assertThrows(
                        NativeLibraryException.class,
                        () -> LibraryImage.of(new NativeTarget("linux", "riscv64")));
        assertEquals("there are no native kernels for linux-riscv64", e.reason());
    }

    @Test
    void theSecondStartUsesTheFileOfTheFirst() throws Exception {
        loadFromCache();
        FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(90)));
        Files.setLastModifiedTime(file, old);
        loadFromCache();
        assertEquals(List.of(image.uniqueFileName()), namesIn(cache));
        assertEquals(old.toInstant().getEpochSecond(), modified(file));
    }

    private static long modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toInstant().getEpochSecond();
    }

    @Test
    void aDamagedFileIsReplacedAndOldOnesAreRemoved() throws Exception {
        loadFromCache();
        byte[] right = Files.readAllBytes(file);
        Path leftOver = Files.createFile(cache.resolve("new-1.tmp"));
        Files.setLastModifiedTime(
                leftOver, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        Path recent = Files.createFile(cache.resolve("new-2.tmp"));
        for (byte[] wrong : List.of(new byte[0], new byte[right.length], Arrays.copyOf(right, 9))) {
            // As a new file, because the old one is loaded.
            Files.delete(file);
            Files.write(file, wrong);
            loadFromCache();
            assertArrayEquals(right, Files.readAllBytes(file));
        }
        assertFalse(Files.exists(leftOver));
        assertTrue(Files.exists(recent));
    }

    @Test
    void aFileOrFolderThatOthersCanWriteIsNotTrusted() throws Exception {
        assumePosix();
        loadFromCache();
        assertEquals("rwx------", permissions(cache));
        assertEquals("rw-------", permissions(file));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        loadFromCache();
        assertEquals("rwx------", permissions(cache));
        assertEquals("rw-------", permissions(file));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void aLinkIsNotFollowed() throws Exception {
        assumePosix();
        loadFromCache();
        Path elsewhere = folder.resolve("elsewhere");
        Files.move(file, elsewhere);
        Files.createSymbolicLink(file, elsewhere);
        loadFromCache();
        assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
        Path link = Files.createSymbolicLink(folder.resolve("link"), cache);
        assertRefused("it is a link", new CacheFolder(link));
    }

    @Test
    void anothersFolderIsNotUsed() throws Exception {
        assumePosix();
        Files.createDirectories(cache);
        try {
            Files.setAttribute(cache, "unix:uid", 12345);
        } catch (IOException e) {
            assumeTrue(false, "only root can give a folder away");
        }
        assertRefused("it belongs to 12345 and this process acts for ", new CacheFolder(cache));
        assertEquals(List.of(), namesIn(cache));
    }

    @Test
    void whereNoPlaceServesEachIsNamedWithItsReason() throws Exception {
        Path plain = Files.createFile(folder.resolve("file"));
        assertRefused(
                "%s (java.nio.file.".formatted(plain.resolve("twinbolt")),
                new CacheFolder(plain.resolve("twinbolt")),
                new FreshFolder(plain));
        load(new CacheFolder(plain.resolve("twinbolt")), new FreshFolder(folder));
        if (!TARGET.os().equals("windows")) {
            assertEquals(List.of("file"), namesIn(folder));
        }
    }

    private void assertRefused(String reason, LibraryPlace... places) {
        NativeLibraryException e = assertThrows(NativeLibraryException.class, () -> load(places));
        assertTrue(e.reason().contains(reason), e.reason());
        for (LibraryPlace place : places) {
            assertTrue(e.reason().contains(place + " ("), e.reason());
        }
        Throwable cause = Objects.requireNonNull(e.getCause());
        assertEquals(places.length, cause.getSuppressed().length);
    }

    @Test
    void aFolderThatIsMountedNoexecGivesWayToTheNextPlace() throws Exception {
        Path mounted = mount("noexec");
        try {
            assertRefused("is it mounted noexec?", new CacheFolder(mounted.resolve("twinbolt")));
            load(new CacheFolder(mounted.resolve("twinbolt")), new FreshFolder(folder));
            load(new FreshFolder(mounted), new MemoryFile());
        } finally {
            unmount(mounted);
        }
    }

    @Test
    void aReadOnlyFolderGivesWayToTheNextPlace() throws Exception {
        Path mounted = mount("ro");
        try {
            assertRefused("Read-only", new CacheFolder(mounted.resolve("twinbolt")));
            load(new CacheFolder(mounted.resolve("twinbolt")), new FreshFolder(folder));
        } finally {
            unmount(mounted);
        }
    }

    private Path mount(String option) throws Exception {
        Path mounted = Files.createDirectory(folder.resolve("mounted"));
        assumeTrue(
                TARGET.os().equals("linux")
                        && run("mount", "-t", "tmpfs", "-o", option, "tmpfs", mounted.toString()),
                "needs to mount a folder, which only root on Linux can");
        return mounted;
    }

    /// Lazily, as the system's loader keeps a part of what it refused to load.
    private static void unmount(Path mounted) throws Exception {
        assertTrue(run("umount", "-l", mounted.toString()));
    }

    private static boolean run(String... command) throws Exception {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theUsersOwnFolderComesFirst() {
        Path home = Path.of(System.getProperty("user.home")).toAbsolutePath();
        Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        assertEquals(
                List.of(
                        new CacheFolder(home.resolve(".cache/twinbolt")),
                        new FreshFolder(temporary),
                        new MemoryFile()),
                LibraryPlace.of(new NativeTarget("linux", "x86_64"), Map.of("XDG_CACHE_HOME", "")));
        assertEquals(
                new CacheFolder(folder.resolve(".cache/twinbolt")),
                LibraryPlace.of(
                                new NativeTarget("linux", "x86_64"),
                                Map.of("HOME", folder.toString()))
                        .getFirst());
        assertEquals(
                new CacheFolder(folder.resolve("twinbolt")),
                LibraryPlace.of(
                                new NativeTarget("linux", "x86_64"),
                                Map.of("XDG_CACHE_HOME", folder.toString()))
                        .getFirst());
        assertEquals(
                List.of(
                        new CacheFolder(home.resolve("Library/Caches/twinbolt")),
                        new FreshFolder(temporary)),
                LibraryPlace.of(new NativeTarget("macos", "aarch64"), Map.of()));
        assertEquals(
                new CacheFolder(folder.resolve("twinbolt")),
                LibraryPlace.of(
                                new NativeTarget("windows", "x86_64"),
                                Map.of("LOCALAPPDATA", folder.toString()))
                        .getFirst());
    }
}
