package dev.twinbolt.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/// A file cannot be written: make room, or name another place.
public final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// `what` is the file, such as `the prompt cache a.bin`.
    public OutputException(String what, IOException cause) {
        super("cannot write %s: %s".formatted(what, reason(cause)), cause);
    }

    /// Of a file's exceptions some name the file alone, and their class says the rest.
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> "no such folder, or it takes no files";
            case FileSystemException f when f.getReason() == null -> e.toString();
            case FileSystemException f -> String.valueOf(f.getReason());
            default -> String.valueOf(e.getMessage());
        };
    }
}
