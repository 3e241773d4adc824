package dev.twinbolt.engine.tensor;

/// A stretch of some device's memory, as a tensor sees it: a size, and nothing that can be read
/// here.
public interface Memory {
    long sizeBytes();
}
