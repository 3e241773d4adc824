package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.model.Model;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/// A session that was saved: a file that is open and was found whole. What it holds is
/// [SessionHeader]'s to say.
public final class SavedSession implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final SessionHeader header;
    private final int[] tokens;

    private SavedSession(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.header = verify(path, channel);
        this.tokens = new int[header.tokens()];
        ByteBuffer bytes = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, SessionHeader.BYTES, bytes);
        bytes.asIntBuffer().get(tokens);
    }

    /// Opens and reads all of the file at `path`. Throws [SessionFileException] where it is no
    /// saved session, or a damaged one.
    public static SavedSession open(Path path) {
        if (!Files.isRegularFile(path)) { // a pipe would be waited for
            throw new SessionFileException(
                    "%s is no saved session: %s"
                            .formatted(
                                    path, Files.exists(path) ? "no regular file" : "no such file"));
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new SavedSession(path, channel);
            } catch (RuntimeException | IOException | Error e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static SessionHeader verify(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        long least = SessionHeader.BYTES + SessionHeader.DIGEST_BYTES;
        if (size < least) {
            throw new SessionFileException(
                    "%s is no saved session: it has %d bytes, expected at least %d"
                            .formatted(path, size, least));
        }
        ByteBuffer start = ByteBuffer.allocate(SessionHeader.BYTES);
        fill(channel, 0, start);
        SessionHeader header = SessionHeader.decode(start, path);
        if (size != header.fileBytes()) {
            throw damaged(path, "it has %d bytes, expected %d".formatted(size, header.fileBytes()));
        }
        MessageDigest sha = SessionHeader.sha256();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        long end = size - SessionHeader.DIGEST_BYTES;
        for (long at = 0; at < end; at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, end - at));
            fill(channel, at, chunk);
            sha.update(chunk);
        }
        ByteBuffer digest = ByteBuffer.allocate(SessionHeader.DIGEST_BYTES);
        fill(channel, end, digest);
        if (!MessageDigest.isEqual(digest.array(), sha.digest())) {
            throw damaged(path, "its checksum is not that of its bytes");
        }
        return header;
    }

    private static void fill(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new EOFException("it was cut while it was being read");
            }
        }
        bytes.flip();
    }

    /// What an interrupt that has closed a channel is, which leaves the thread interrupted.
    static InterruptedException interrupted() {
        Thread.interrupted();
        return new InterruptedException("while a session's file was in use");
    }

    static SessionFileException damaged(Path path, String what) {
        return new SessionFileException("%s is damaged: %s; delete it".formatted(path, what));
    }

    private static SessionFileException unreadable(Path path, IOException e) {
        return new SessionFileException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }

    /// All tokens of the text. The last one may not have been fed when it was saved.
    public int[] tokens() {
        return tokens.clone();
    }

    /// How many of them, from the first on, need not be fed again.
    public int cells() {
        return header.cells();
    }

    /// Throws [SessionFileException] where it cannot go on with `model`, whose files have this
    /// fingerprint, in a pipeline of `capacity`.
    public void check(String fingerprint, Model model, Capacity capacity) {
        List<LayerCache> layers = new ArrayList<>();
        for (int i = 0; i < model.architecture().layerCount(); i++) {
            layers.add(KvCache.layer(model.architecture(), i, capacity));
        }
        int vocabSize = model.architecture().vocabSize();
        check(fingerprint, layers, capacity.contextLength(), vocabSize);
    }

    void check(String fingerprint, List<LayerCache> layers, int contextLength, int vocabSize) {
        if (!header.fingerprint().equals(fingerprint)) {
            throw new SessionFileException(
                    "%s was saved with another model; delete it, or name another file"
                            .formatted(path));
        }
        SessionHeader expected =
                SessionHeader.of(fingerprint, layers, header.cells(), header.tokens());
        if (!header.types().equals(expected.types())) {
            throw new SessionFileException(
                    "%s was saved with K in %s and V in %s, here they are cached in %s and %s; delete it, or set the cache types as they were"
                            .formatted(
                                    path,
                                    header.types().k(),
                                    header.types().v(),
                                    expected.types().k(),
                                    expected.types().v()));
        }
        if (header.cells() > contextLength) {
            throw new SessionFileException(
                    "%s holds %d tokens, the context only %d; make the context longer, or delete it"
                            .formatted(path, header.cells(), contextLength));
        }
        if (!header.equals(expected)) {
            throw damaged(path, "its layers are not those of its model");
        }
        for (int token : tokens) {
            if (token < 0 || token >= vocabSize) {
                throw damaged(
                        path,
                        "token %d is outside the vocabulary of %d".formatted(token, vocabSize));
            }
        }
    }

    /// Queues the writes of K and V, which `cache` is checked to have room for.
    void copyTo(SlotCache cache) throws InterruptedException {
        long at = SessionHeader.BYTES + 4L * tokens.length;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment staging = arena.allocate(SlotCache.PIECE_BYTES, 64);
            for (SlotCache.Piece piece : cache.pieces(header.cells())) {
                fill(channel, at, staging.asSlice(0, piece.size()).asByteBuffer());
                piece.write(staging);
                at += piece.size();
            }
        } catch (ClosedByInterruptException e) {
            throw interrupted();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }
}
