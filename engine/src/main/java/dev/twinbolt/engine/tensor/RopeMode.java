package dev.twinbolt.engine.tensor;

/// Which columns form the pairs that ROPE turns.
public enum RopeMode {
    /// Columns 2i and 2i + 1.
    NORMAL,
    /// Columns i and i + dims / 2.
    NEOX
}
