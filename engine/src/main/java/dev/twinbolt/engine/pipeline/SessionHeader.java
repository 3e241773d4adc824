package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.LayerCache;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// What the file of a saved session begins with, and so what it holds. Numbers are little-endian.
///
/// ```
/// "TWINSESS" | version u32 | type of K u32 | type of V u32 | layers u32
/// bytes of K u32, of V u32: of one token in one layer
/// cells u32 | tokens u32 | fingerprint of the model, 32 bytes
/// tokens i32 x tokens
/// for each layer: K of each cell, V of each cell
/// SHA-256 of all that, 32 bytes
/// ```
///
/// It says nothing of where the layers were.
///
/// @param fingerprint 64 hexadecimal digits
/// @param rowBytesK bytes of K of one token in one layer; `rowBytesV` of V
/// @param cells how many of the tokens, from the first on, have K and V in the file
/// @param tokens all that are known, the last of which may not have been fed
record SessionHeader(
        String fingerprint,
        CacheTypes types,
        int layers,
        int rowBytesK,
        int rowBytesV,
        int cells,
        int tokens) {
    static final int BYTES = 72;
    static final int DIGEST_BYTES = 32;

    private static final byte[] MAGIC = "TWINSESS".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    /// Bounds far beyond any model and context, so that no product of a file's numbers overflows.
    private static final int MAX_LAYERS = 1 << 12;

    private static final int MAX_ROW_BYTES = 1 << 25;
    private static final int MAX_TOKENS = 1 << 24;

    /// The header of a session whose K and V are laid out as `layers`, one of which tells for all.
    static SessionHeader of(String fingerprint, List<LayerCache> layers, int cells, int tokens) {
        Tensor k = layers.getFirst().k();
        Tensor v = layers.getFirst().v();
        return new SessionHeader(
                fingerprint,
                new CacheTypes(k.type(), v.type()),
                layers.size(),
                Math.toIntExact(k.nb(1)),
                Math.toIntExact(v.nb(1)),
                cells,
                tokens);
    }

    ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).putInt(VERSION).putInt(types.k().id()).putInt(types.v().id());
        bytes.putInt(layers).putInt(rowBytesK).putInt(rowBytesV).putInt(cells).putInt(tokens);
        return bytes.put(HexFormat.of().parseHex(fingerprint)).flip();
    }

    /// Of [#BYTES] bytes. Throws [SessionFileException], which names `file`, where they are no
    /// header.
    static SessionHeader decode(ByteBuffer bytes, Path file) {
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        bytes.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new SessionFileException(
                    "%s is no saved session: it does not begin with %s"
                            .formatted(file, new String(MAGIC, StandardCharsets.US_ASCII)));
        }
        int version = bytes.getInt();
        if (version != VERSION) {
            throw new SessionFileException(
                    "%s is a saved session of version %s, expected %d"
                            .formatted(file, Integer.toUnsignedString(version), VERSION));
        }
        CacheTypes types = new CacheTypes(type(bytes.getInt(), file), type(bytes.getInt(), file));
        int layers = within(bytes.getInt(), MAX_LAYERS, "layers", file);
        int rowBytesK = within(bytes.getInt(), MAX_ROW_BYTES, "bytes of K", file);
        int rowBytesV = within(bytes.getInt(), MAX_ROW_BYTES, "bytes of V", file);
        int cells = within(bytes.getInt(), MAX_TOKENS, "cells", file);
        int tokens = within(bytes.getInt(), MAX_TOKENS + 1, "tokens", file);
        if (cells > tokens) {
            throw damaged(file, "K and V of %d tokens, but %d tokens".formatted(cells, tokens));
        }
        byte[] fingerprint = new byte[32];
        bytes.get(fingerprint);
        return new SessionHeader(
                HexFormat.of().formatHex(fingerprint),
                types,
                layers,
                rowBytesK,
                rowBytesV,
                cells,
                tokens);
    }

    private static TensorType type(int id, Path file) {
        return TensorType.byId(id)
                .filter(CacheTypes.ALL::contains)
                .orElseThrow(
                        () ->
                                damaged(
                                        file,
                                        "cache type %s".formatted(Integer.toUnsignedString(id))));
    }

    private static int within(int value, int most, String what, Path file) {
        if (value < 0 || value > most) {
            throw damaged(
                    file,
                    "%s %s, at most %d".formatted(Integer.toUnsignedString(value), what, most));
        }
        return value;
    }

    private static SessionFileException damaged(Path file, String what) {
        return SavedSession.damaged(file, "it says that it has " + what);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has SHA-256", e);
        }
    }

    /// All bytes of the file.
    long fileBytes() {
        long rows = (long) cells * layers;
        return BYTES + 4L * tokens + rows * (rowBytesK + rowBytesV) + DIGEST_BYTES;
    }
}
