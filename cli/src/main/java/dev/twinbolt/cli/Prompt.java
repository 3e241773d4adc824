package dev.twinbolt.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where the prompt comes from: an argument, a file, or standard input.
final class Prompt {
    /// More than any context holds.
    private static final int MAX_BYTES = 64 << 20;

    private Prompt() {}

    static String read(@Nullable String text, @Nullable Path file) throws IOException {
        if (text != null && file != null) {
            throw new UsageException("-p and -f both give a prompt: use one of them");
        }
        if (text != null) {
            return text;
        }
        if (file != null) {
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new UsageException("-f %s: no such readable file".formatted(file));
            }
            try (InputStream in = Files.newInputStream(file)) {
                return decode(in, file.toString());
            }
        }
        if (Terminal.isPresent()) {
            throw new UsageException(
                    "no prompt: give -p TEXT, -f FILE, or a text on standard input");
        }
        return decode(System.in, "standard input");
    }

    private static String decode(InputStream in, String source) throws IOException {
        byte[] bytes;
        try {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new UsageException(
                    "cannot read the prompt from %s: %s".formatted(source, e.getMessage()));
        }
        if (bytes.length > MAX_BYTES) {
            throw new UsageException(
                    "the prompt from %s is longer than %d bytes".formatted(source, MAX_BYTES));
        }
        ByteBuffer left = ByteBuffer.wrap(bytes);
        try {
            return withoutLastNewline(StandardCharsets.UTF_8.newDecoder().decode(left).toString());
        } catch (CharacterCodingException e) {
            throw new UsageException(
                    "the prompt from %s is not valid UTF-8 at byte %d"
                            .formatted(source, left.position()));
        }
    }

    /// Editors and `echo` end a text with one; llama.cpp drops it from a file.
    private static String withoutLastNewline(String text) {
        if (!text.endsWith("\n")) {
            return text;
        }
        return text.substring(0, text.length() - (text.endsWith("\r\n") ? 2 : 1));
    }
}
