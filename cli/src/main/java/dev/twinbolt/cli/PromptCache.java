package dev.twinbolt.cli;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.pipeline.SavedSession;
import java.io.IOException;
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
            throw new OutputException("the prompt cache " + file, e);
        }
    }
}
