package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CpuLimitsTest {
    /// No computer reads faster than 10 TB/s or slower than 10 MB/s, so a loop that the compiler
    /// left out, or one that counts wrongly, is found.
    @ParameterizedTest
    @MethodSource("dev.twinbolt.kernels.cpu.CpuLimits#variants")
    void everyVariantMeasuresWhatCanBe(CpuVariant variant) throws InterruptedException {
        CpuLimits limits = CpuLimits.measure(variant, 2);
        assertEquals(variant, limits.variant());
        assertEquals(2, limits.threads());
        for (double rate : new double[] {limits.readBytes(), limits.int8Ops(), limits.f32Ops()}) {
            assertTrue(rate > 1e7 && rate < 1e13, limits.toString());
        }
    }

    @Test
    void noThreadsMeasureNothing() {
        assertThrows(
                IllegalArgumentException.class, () -> CpuLimits.measure(CpuVariant.BASELINE, 0));
    }
}
