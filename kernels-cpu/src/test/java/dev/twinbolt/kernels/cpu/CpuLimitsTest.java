package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CpuLimitsTest {
    private static final int THREADS = 2;
    private static final double HIGHEST_HERTZ = 6.5e9;

    /// Vectors of F32 that a core multiplies and adds to at once.
    private static final int UNITS = 2;

    private static final long WORK = 1 << 22;

    /// How far a measurement may be from another when other programs compute: less than the 2 that
    /// a forgotten or repeated factor makes.
    private static final double NOISE = 1.6;

    private static final int TRIES = 10;

    private static final FunctionDescriptor PEAK =
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    private static int vectorBytes(CpuVariant variant) {
        return switch (variant) {
            case AVX512VNNI -> 64;
            case AVX2, AVXVNNI -> 32;
            default -> 16;
        };
    }

    /// A loop that the compiler left out, or one that counts more than it does, is faster than any
    /// core; one that waits for itself is slower than the slowest.
    @ParameterizedTest
    @MethodSource("dev.twinbolt.kernels.cpu.CpuLimits#variants")
    void everyVariantMeasuresWhatCanBe(CpuVariant variant) throws InterruptedException {
        CpuLimits limits = CpuLimits.measure(variant, THREADS);
        assertEquals(variant, limits.variant());
        assertEquals(THREADS, limits.threads());
        double vectors = THREADS * UNITS * HIGHEST_HERTZ;
        double f32 = 2 * vectors * vectorBytes(variant) / Float.BYTES;
        // An instruction of i8mm multiplies twice as many bytes as a vector has.
        double int8 = 2 * vectors * vectorBytes(variant) * 2;
        assertTrue(limits.f32Ops() < f32 && limits.f32Ops() > f32 / 100, limits.toString());
        assertTrue(limits.int8Ops() < int8 && limits.int8Ops() > int8 / 200, limits.toString());
        assertTrue(limits.readBytes() < 4e11 && limits.readBytes() > 2e8, limits.toString());
    }

    /// Ops per second of one call of `f`, which counts multiply-adds: each is two.
    private static double rate(MethodHandle f) throws Throwable {
        long start = System.nanoTime();
        long done = (long) f.invokeExact(WORK);
        long nanos = System.nanoTime() - start;
        assertTrue(done >= WORK && done < WORK + 4096, done + " of " + WORK);
        return 2e9 * done / nanos;
    }

    @ParameterizedTest
    @MethodSource("dev.twinbolt.kernels.cpu.CpuLimits#variants")
    void countsEachMultiplyAddAsTwo(CpuVariant variant) throws Throwable {
        NativeLibrary library = NativeLibrary.load();
        MethodHandle int8 = library.handle(variant, "int8_peak", PEAK, false);
        MethodHandle f32 = library.handle(variant, "f32_peak", PEAK, false);
        String seen = "";
        for (int i = 0; i < TRIES; i++) {
            CpuLimits limits = CpuLimits.measure(variant, 1);
            double bestInt8 = 0;
            double bestF32 = 0;
            for (int j = 0; j < 200; j++) {
                bestInt8 = Math.max(bestInt8, rate(int8));
                bestF32 = Math.max(bestF32, rate(f32));
            }
            if (isNear(limits.int8Ops(), bestInt8) && isNear(limits.f32Ops(), bestF32)) {
                return;
            }
            seen = "%s, here %.3g and %.3g".formatted(limits, bestInt8, bestF32);
        }
        fail(seen);
    }

    private static boolean isNear(double a, double b) {
        return a < b * NOISE && b < a * NOISE;
    }

    @Test
    void noThreadsMeasureNothing() {
        assertThrows(
                IllegalArgumentException.class, () -> CpuLimits.measure(CpuVariant.BASELINE, 0));
    }
}
