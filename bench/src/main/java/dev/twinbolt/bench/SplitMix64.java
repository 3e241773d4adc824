package dev.twinbolt.bench;

/// Random 64-bit words, the same on every platform and in every release of Java. Source: Steele,
/// Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /// Streams of one seed do not overlap in practice: each starts at a mixed place.
    SplitMix64(long seed, long stream) {
        state = mix(seed + GOLDEN_GAMMA) ^ mix(stream);
    }

    long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
