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

    /// What this process was started with, each argument with a 0 after it.
    private static final Path ARGUMENTS = Path.of("/proc/self/cmdline");

    private static final char REPLACEMENT = '\uFFFD';

    private Prompt() {}

    static String read(@Nullable String text, @Nullable Path file) throws IOException {
        if (text != null && file != null) {
            throw new UsageException("-p and -f both give a prompt: use one of them");
        }
        if (text != null) {
            checkArgument(text);
            return text;
        }
        if (file != null) {
            if (Files.isDirectory(file)) {
                throw new UsageException("-f %s: is a directory, expected a file".formatted(file));
            }
            if (!Files.isReadable(file)) {
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

    /// What is no UTF-8 reaches a Java program as U+FFFD, which a text may hold as well. Linux
    /// tells them apart.
    private static void checkArgument(String text) throws IOException {
        if (text.indexOf(REPLACEMENT) < 0 || !Files.isReadable(ARGUMENTS)) {
            return;
        }
        // As it comes with a byte for each character, no byte is lost.
        String all = Files.readString(ARGUMENTS, StandardCharsets.ISO_8859_1);
        for (String argument : all.split("\0", -1)) {
            byte[] bytes = argument.getBytes(StandardCharsets.ISO_8859_1);
            // An option may stand before it in the same argument, as --prompt= does.
            if (new String(bytes, StandardCharsets.UTF_8).endsWith(text)) {
                decode(bytes, "-p");
            }
        }
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
        return withoutLastNewline(decode(bytes, source));
    }

    private static String decode(byte[] bytes, String source) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(left).toString();
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
