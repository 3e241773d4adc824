package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CpuLimitsTest {
    private static final int THREADS = 2;
    private static final double HIGHEST_HERTZ = 6.5e9;

    /// Vectors of F32 that a core multiplies and adds to at once.
    private static final int UNITS = 2;

    private static final long WORK = 1 << 22;

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

    @ParameterizedTest
    @MethodSource("dev.twinbolt.kernels.cpu.CpuLimits#variants")
    void everyVariantCountsWhatItDoes(CpuVariant variant) throws Throwable {
        NativeLibrary library = NativeLibrary.load();
        for (String name : List.of("int8_peak", "f32_peak")) {
            MethodHandle peak = library.handle(variant, name, PEAK);
            long done = (long) peak.invokeExact(WORK);
            assertTrue(done >= WORK && done < WORK + 4096, name + ": " + done + " of " + WORK);
        }
    }

    /// By a clock on which a step takes a millisecond.
    @Test
    void countsEachMultiplyAddAsTwo() throws Throwable {
        MethodHandle asAsked = MethodHandles.identity(long.class);
        AtomicLong millis = new AtomicLong();
        double rate = CpuLimits.opRate(asAsked, 1, () -> millis.getAndIncrement() * 1_000_000);
        assertEquals(2e3 * CpuLimits.STEP, rate);
    }

    @Test
    void noThreadsMeasureNothing() {
        assertThrows(
                IllegalArgumentException.class, () -> CpuLimits.measure(CpuVariant.BASELINE, 0));
    }
}
