package dev.twinbolt.gguf;

/// Rounds sizes and offsets up to where the next thing may begin.
public final class Alignment {
    private Alignment() {}

    /// The least multiple of `alignment`, a power of two, that is `value` or more.
    public static long roundUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }
}
