package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NativeLibraryTest {
    private static final FunctionDescriptor SUM =
            FunctionDescriptor.of(
                    ValueLayout.JAVA_FLOAT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    static Stream<CpuVariant> nativeVariants() {
        return CpuSupport.ofThisProcess().runnable().stream().filter(CpuVariant::isNative);
    }

    @ParameterizedTest
    @MethodSource("nativeVariants")
    void everyVariantOfThisCpuIsCalled(CpuVariant variant) throws Throwable {
        MethodHandle sum = NativeLibrary.load().handle(variant, "sum", SUM);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 4, 8, 16.5f);
            assertEquals(31.5f, (float) sum.invokeExact(values.address(), 5L));
        }
    }

    @Test
    void namesTheMissingFunction() {
        NativeLibraryException e =
                assertThrows(
                        NativeLibraryException.class,
                        () -> NativeLibrary.load().handle(CpuVariant.BASELINE, "none", SUM));
        assertTrue(e.reason().contains("tb_baseline_none"), e.reason());
    }
}
