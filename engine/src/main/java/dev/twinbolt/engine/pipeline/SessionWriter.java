package dev.twinbolt.engine.pipeline;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Writes the file of a session. It is written beside its place and then moved there, so that a
/// full disk or the program's end leaves what was there before.
final class SessionWriter {
    private final FileChannel channel;
    private final MessageDigest sha = SessionHeader.sha256();

    private SessionWriter(FileChannel channel) {
        this.channel = channel;
    }

    static void write(Path path, SessionHeader header, int[] tokens, SlotCache cache)
            throws IOException, InterruptedException {
        if (Files.exists(path) && !Files.isRegularFile(path)) { // a device would be replaced
            throw new FileSystemException(path.toString(), null, "no regular file");
        }
        Path place = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        Path name = place.getFileName();
        if (name == null) {
            throw new FileSystemException(path.toString(), null, "no name of a file");
        }
        Path fresh = Files.createTempFile(place.getParent(), name + ".", ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                new SessionWriter(channel).write(header, tokens, cache);
                channel.force(true);
            } catch (ClosedByInterruptException e) {
                throw SavedSession.interrupted();
            }
            Files.move(
                    fresh,
                    place,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private void write(SessionHeader header, int[] tokens, SlotCache cache)
            throws IOException, InterruptedException {
        put(header.encode());
        ByteBuffer bytes = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(tokens);
        put(bytes);
        putAll(cache.pieces(header.cells()));
        writeFully(ByteBuffer.wrap(sha.digest()));
    }

    /// While one piece is written the next is on its way from its device.
    private void putAll(List<SlotCache.Piece> pieces) throws IOException, InterruptedException {
        if (pieces.isEmpty()) {
            return;
        }
        // Left to the collector, as a device may still fill them where this fails.
        MemorySegment[] staging = new MemorySegment[2];
        for (int i = 0; i < staging.length; i++) {
            staging[i] = Arena.ofAuto().allocate(SlotCache.PIECE_BYTES, 64);
        }
        CompletableFuture<Void> ahead = pieces.getFirst().read(staging[0]);
        for (int i = 0; i < pieces.size(); i++) {
            await(ahead);
            if (i + 1 < pieces.size()) {
                ahead = pieces.get(i + 1).read(staging[(i + 1) % 2]);
            }
            put(staging[i % 2].asSlice(0, pieces.get(i).size()).asByteBuffer());
        }
    }

    private static void await(CompletableFuture<Void> read) throws InterruptedException {
        try {
            read.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    private void put(ByteBuffer bytes) throws IOException {
        sha.update(bytes.duplicate());
        writeFully(bytes);
    }

    private void writeFully(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
