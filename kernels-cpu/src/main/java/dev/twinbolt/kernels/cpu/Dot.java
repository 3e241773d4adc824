package dev.twinbolt.kernels.cpu;

/// The sum of products that every matrix product in Java is made of: eight sums side by side, added
/// in one fixed order, so that the result depends on the two rows and on nothing else. All
/// implementations give the same bits.
sealed interface Dot permits PlainDot, VectorDot {
    /// The one for `variant`, which this process can run.
    static Dot of(CpuVariant variant) {
        return variant == CpuVariant.VECTOR ? VectorDot.ofThisMachine() : new PlainDot();
    }

    /// Σ a\[i\]·b\[at + i\] of `count` elements.
    float product(float[] a, float[] b, int at, int count);
}
