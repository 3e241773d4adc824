package dev.twinbolt.kernels.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// The bytes of a native library as they were built, known by their SHA-256.
final class LibraryImage {
    private static final int NAME_DIGITS = 16;

    private final String fileName;
    private final byte[] bytes;
    private final String checksum;

    /// `checksum` is what was recorded of `bytes` when they were built.
    LibraryImage(String fileName, byte[] bytes, String checksum) {
        this.fileName = fileName;
        this.bytes = bytes;
        this.checksum = checksum;
    }

    /// The library that ships for `target`.
    static LibraryImage of(NativeTarget target) {
        byte[] bytes = resource(target, "");
        String checksum = new String(resource(target, ".sha256"), StandardCharsets.US_ASCII);
        return new LibraryImage(target.fileName(), bytes, checksum.strip());
    }

    private static byte[] resource(NativeTarget target, String suffix) {
        String name = target.resource() + suffix;
        try (InputStream in = LibraryImage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new NativeLibraryException("there are no native kernels for " + target);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new NativeLibraryException("%s cannot be read: %s".formatted(name, e), e);
        }
    }

    private static String checksumOf(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has SHA-256", e);
        }
    }

    /// A name that another version's library cannot have, so that no file that is in use is ever
    /// overwritten.
    String uniqueFileName() {
        int dot = fileName.lastIndexOf('.');
        return fileName.substring(0, dot)
                + "-"
                + checksum.substring(0, NAME_DIGITS)
                + fileName.substring(dot);
    }

    /// Throws [NativeLibraryException] where they are not what was built. Who finds them in a file
    /// has no need to ask: they were written there so.
    void writeTo(Path file) throws IOException {
        String actual = checksumOf(bytes);
        if (!actual.equals(checksum)) {
            throw new NativeLibraryException(
                    "%s was built with checksum %s and has %s: its jar is damaged; get or build it anew"
                            .formatted(fileName, checksum, actual));
        }
        Files.write(file, bytes);
    }

    /// Whether `file` is a regular file, no link, that holds these bytes and no others.
    boolean isIn(Path file) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.size(file) == bytes.length
                && Arrays.equals(Files.readAllBytes(file), bytes);
    }
}
