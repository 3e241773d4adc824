package dev.twinbolt.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// [Dot] by the Vector API, the only class that names the incubator module: the eight sums are the
/// lanes of one vector, or of two halves where the machine has no wider ones.
final class VectorDot implements Dot {
    private static final VectorSpecies<Float> WHOLE = FloatVector.SPECIES_256;
    private static final VectorSpecies<Float> HALF = FloatVector.SPECIES_128;

    private final boolean isHalved;

    VectorDot(boolean isHalved) {
        this.isHalved = isHalved;
    }

    static VectorDot ofThisMachine() {
        return new VectorDot(FloatVector.SPECIES_PREFERRED.length() < WHOLE.length());
    }

    @Override
    public float product(float[] a, float[] b, int at, int count) {
        return isHalved ? halves(a, b, at, count) : whole(a, b, at, count);
    }

    private static float whole(float[] a, float[] b, int at, int count) {
        FloatVector sums = FloatVector.zero(WHOLE);
        int i = 0;
        for (; i <= count - 8; i += 8) {
            FloatVector x = FloatVector.fromArray(WHOLE, a, i);
            sums = sums.add(x.mul(FloatVector.fromArray(WHOLE, b, at + i)));
        }
        return add(sums, 0, sums, 4) + PlainDot.tail(a, b, at, i, count);
    }

    private static float halves(float[] a, float[] b, int at, int count) {
        FloatVector low = FloatVector.zero(HALF);
        FloatVector high = FloatVector.zero(HALF);
        int i = 0;
        for (; i <= count - 8; i += 8) {
            FloatVector x = FloatVector.fromArray(HALF, a, i);
            FloatVector y = FloatVector.fromArray(HALF, a, i + 4);
            low = low.add(x.mul(FloatVector.fromArray(HALF, b, at + i)));
            high = high.add(y.mul(FloatVector.fromArray(HALF, b, at + i + 4)));
        }
        return add(low, 0, high, 0) + PlainDot.tail(a, b, at, i, count);
    }

    /// Four lanes of `low` from `first` on, and four of `high` from `second` on.
    private static float add(FloatVector low, int first, FloatVector high, int second) {
        return PlainDot.add(
                low.lane(first),
                low.lane(first + 1),
                low.lane(first + 2),
                low.lane(first + 3),
                high.lane(second),
                high.lane(second + 1),
                high.lane(second + 2),
                high.lane(second + 3));
    }
}
