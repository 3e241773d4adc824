package dev.twinbolt.engine.sampling;

/// Random numbers that are the same for a seed on every machine and in every version of Java
/// (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
final class SplitMix64 {
    private long state;

    SplitMix64(long seed) {
        state = seed;
    }

    /// Uniform in [0, 1), in steps of 2^-53.
    double nextDouble() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1p-53;
    }
}
