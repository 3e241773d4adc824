package dev.twinbolt.engine.pipeline;

/// Is told how far the loading of weights has come.
@FunctionalInterface
public interface LoadProgress {
    /// Nobody listens.
    LoadProgress SILENT = (doneBytes, totalBytes) -> {};

    void loaded(long doneBytes, long totalBytes);
}
