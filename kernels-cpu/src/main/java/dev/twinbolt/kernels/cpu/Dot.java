package dev.twinbolt.kernels.cpu;

/// The sum of products that every matrix product is made of.
final class Dot {
    private Dot() {}

    /// Σ a\[i\]·b\[at + i\]: eight sums side by side, added in one fixed order, so that the result
    /// depends on the two rows and on nothing else.
    static float product(float[] a, float[] b, int at, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int i = 0;
        for (; i <= count - 8; i += 8) {
            s0 += a[i] * b[at + i];
            s1 += a[i + 1] * b[at + i + 1];
            s2 += a[i + 2] * b[at + i + 2];
            s3 += a[i + 3] * b[at + i + 3];
            s4 += a[i + 4] * b[at + i + 4];
            s5 += a[i + 5] * b[at + i + 5];
            s6 += a[i + 6] * b[at + i + 6];
            s7 += a[i + 7] * b[at + i + 7];
        }
        float tail = 0;
        for (; i < count; i++) {
            tail += a[i] * b[at + i];
        }
        return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7)) + tail;
    }
}
