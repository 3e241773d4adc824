package dev.twinbolt.kernels.cpu;

/// Slopes by which a mask's distances count for each head (Press et al. 2022).
final class Alibi {
    private Alibi() {}

    /// 1 where `maxBias` is not above 0.
    static float slope(float maxBias, long head, long headCount) {
        if (maxBias <= 0) {
            return 1;
        }
        long base = Long.highestOneBit(headCount);
        return head < base
                ? (float) Math.pow(2, -(double) maxBias / base * (head + 1))
                : (float) Math.pow(2, -(double) maxBias / (2 * base) * (2 * (head - base) + 1));
    }
}
