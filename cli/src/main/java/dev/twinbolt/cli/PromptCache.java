package dev.twinbolt.cli;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.pipeline.SavedSession;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The file of `--prompt-cache`.
record PromptCache(Path file) {
    /// Fails before a model is loaded for nothing.
    PromptCache {
        if (file.toString().isEmpty() || Files.isDirectory(file)) {
            throw new UsageException("--prompt-cache '%s': expected a file".formatted(file));
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isWritable(folder)) {
            throw new UsageException(
                    "--prompt-cache %s: no such folder, or nothing may be written there"
                            .formatted(file));
        }
    }

    /// What is there from before; nothing where the file is absent or empty.
    Optional<SavedSession> open() throws IOException {
        boolean isNew = !Files.exists(file) || Files.isRegularFile(file) && Files.size(file) == 0;
        return isNew ? Optional.empty() : Optional.of(SavedSession.open(file));
    }

    void save(Conversation conversation) {
        try {
            conversation.save(file);
        } catch (IOException e) {
            throw new OutputException(
                    "cannot write the prompt cache %s: %s".formatted(file, reason(e)), e);
        }
    }

    /// Of a file's exceptions some name the file alone, and their class says the rest.
    private static String reason(IOException e) {
        if (e instanceof FileSystemException f) {
            return f.getReason() == null ? e.toString() : f.getReason();
        }
        return String.valueOf(e.getMessage());
    }
}
