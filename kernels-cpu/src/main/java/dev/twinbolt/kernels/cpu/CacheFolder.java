package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;

/// A folder of this user alone, in which a library stays for the next start. A file that is there
/// already is used only where it holds the right bytes and nobody else can change them.
record CacheFolder(Path folder) implements LibraryPlace {
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
            PosixFilePermissions.fromString("----w--w-");

    /// What has lain longer belongs to another version or to a start that was cut short.
    private static final Duration KEPT = Duration.ofDays(30);

    @Override
    public SymbolLookup load(LibraryImage image, Loader loader) throws IOException {
        Files.createDirectories(folder, attributes());
        Path file = folder.resolve(image.uniqueFileName());
        // The owner of what this process creates is the user that it acts for; no other way to ask
        // is there on every system.
        Path fresh = Files.createTempFile(folder, "new-", ".tmp");
        try {
            UserPrincipal user = Files.getOwner(fresh);
            makePrivate(user);
            if (!isTrusted(file, image, user)) {
                image.writeTo(fresh);
                replace(file, fresh, image, user);
                removeOld();
            }
        } finally {
            Files.deleteIfExists(fresh);
        }
        return loader.load(file);
    }

    private void makePrivate(UserPrincipal user) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("it is a link");
        }
        if (!isPosix()) {
            return; // the user's own folders are private by what they inherit
        }
        PosixFileAttributes attributes = read(folder);
        if (!attributes.owner().equals(user)) {
            throw new IOException(
                    "it belongs to %s and this process acts for %s"
                            .formatted(attributes.owner(), user));
        }
        if (isWritableByOthers(attributes)) {
            Files.setPosixFilePermissions(folder, PRIVATE);
        }
    }

    private boolean isTrusted(Path file, LibraryImage image, UserPrincipal user)
            throws IOException {
        return image.isIn(file)
                && (!isPosix()
                        || read(file).owner().equals(user) && !isWritableByOthers(read(file)));
    }

    /// Of several starts at once the last one wins, with the same bytes.
    private void replace(Path file, Path fresh, LibraryImage image, UserPrincipal user)
            throws IOException {
        try {
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Windows refuses while another process has the file loaded, which is then as good.
            if (!isTrusted(file, image, user)) {
                throw e;
            }
        }
        if (!isTrusted(file, image, user)) {
            throw new IOException(file.getFileName() + " is not what was written there");
        }
    }

    private void removeOld() throws IOException {
        Instant oldest = Instant.now().minus(KEPT);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                try {
                    if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
                        Files.delete(file);
                    }
                } catch (IOException e) {
                    // In use, or another process removed it first.
                }
            }
        }
    }

    private FileAttribute<?>[] attributes() {
        return isPosix()
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PRIVATE)}
                : new FileAttribute<?>[0];
    }

    private boolean isPosix() {
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static PosixFileAttributes read(Path path) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean isWritableByOthers(PosixFileAttributes attributes) {
        return !Collections.disjoint(attributes.permissions(), WRITABLE_BY_OTHERS);
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
