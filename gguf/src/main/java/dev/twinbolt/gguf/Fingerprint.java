package dev.twinbolt.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;

/// What tells one model from another without reading all of it: the SHA-256 of the files' headers
/// and of 256 bytes from the middle of each tensor. A model that was trained further or converted
/// anew differs in some of them; one of which a few numbers were changed by hand may not.
final class Fingerprint {
    private static final long SAMPLE_BYTES = 256;

    private Fingerprint() {}

    static String of(List<Part> parts, Collection<TensorInfo> tensors) {
        MessageDigest sha = sha256();
        for (Part part : parts) {
            sha.update(part.readHeader());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sample = arena.allocate(SAMPLE_BYTES);
            for (TensorInfo tensor : tensors) {
                long size = Math.min(SAMPLE_BYTES, tensor.sizeBytes());
                MemorySegment bytes = sample.asSlice(0, size);
                parts.get(tensor.part()).read(tensor, (tensor.sizeBytes() - size) / 2, bytes);
                sha.update(tensor.name().getBytes(StandardCharsets.UTF_8));
                sha.update(bytes.asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has SHA-256", e);
        }
    }
}
