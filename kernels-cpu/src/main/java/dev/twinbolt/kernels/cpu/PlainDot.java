package dev.twinbolt.kernels.cpu;

/// [Dot] in plain Java.
final class PlainDot implements Dot {
    @Override
    public float product(float[] a, float[] b, int at, int count) {
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
        return add(s0, s1, s2, s3, s4, s5, s6, s7) + tail(a, b, at, i, count);
    }

    /// The eight sums as one.
    static float add(
            float s0, float s1, float s2, float s3, float s4, float s5, float s6, float s7) {
        return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7));
    }

    /// The sum of what is left from element `first` on, fewer than eight.
    static float tail(float[] a, float[] b, int at, int first, int count) {
        float tail = 0;
        for (int i = first; i < count; i++) {
            tail += a[i] * b[at + i];
        }
        return tail;
    }
}
