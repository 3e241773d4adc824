package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The Vector API's dot product, at each width, beside the plain one.
class DotTest {
    @Test
    void everyWidthGivesTheBitsOfPlainJava() {
        Random random = new Random(3);
        for (int count : new int[] {0, 1, 7, 8, 9, 15, 16, 17, 100, 1000}) {
            float[] a = new float[count];
            float[] b = new float[count + 5];
            for (int i = 0; i < count; i++) {
                a[i] = (float) random.nextGaussian();
                b[i + 5] = (float) random.nextGaussian();
            }
            float expected = new PlainDot().product(a, b, 5, count);
            for (Dot dot : List.of(new VectorDot(false), new VectorDot(true))) {
                assertEquals(
                        Float.floatToRawIntBits(expected),
                        Float.floatToRawIntBits(dot.product(a, b, 5, count)),
                        () -> count + " elements");
            }
        }
    }
}
