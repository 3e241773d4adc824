package dev.twinbolt.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuVariantTest {
    private static final CpuSupport OLD_X86 =
            new CpuSupport(
                    Set.of(CpuVariant.PLAIN, CpuVariant.BASELINE),
                    "x86_64",
                    Set.of(CpuFeature.AVX2),
                    "");

    @Test
    void theBestThatRunsIsChosen() {
        assertEquals(CpuVariant.BASELINE, CpuVariant.choose("", OLD_X86));
        assertEquals(CpuVariant.PLAIN, CpuVariant.choose(" Plain", OLD_X86));
    }

    @Test
    void saysWhyAForcedVariantCannotRun() {
        assertRefused(
                "TWINBOLT_CPU=sse9: there is no such variant; this machine runs plain, baseline",
                "sse9",
                OLD_X86);
        assertRefused(
                "TWINBOLT_CPU=avx2: this CPU lacks FMA, F16C, BMI2; this machine runs plain, baseline",
                "avx2",
                OLD_X86);
        assertRefused(
                "TWINBOLT_CPU=neon: this CPU is x86_64; this machine runs plain, baseline",
                "neon",
                OLD_X86);
        assertRefused(
                "TWINBOLT_CPU=vector: the JVM was started without --add-modules jdk.incubator.vector; this machine runs plain, baseline",
                "vector",
                OLD_X86);
        assertRefused(
                "TWINBOLT_CPU=baseline: no library; this machine runs plain",
                "baseline",
                new CpuSupport(Set.of(CpuVariant.PLAIN), "riscv64", Set.of(), "no library"));
    }

    private static void assertRefused(String message, String wanted, CpuSupport support) {
        CpuVariantException e =
                assertThrows(CpuVariantException.class, () -> CpuVariant.choose(wanted, support));
        assertEquals(message, e.getMessage());
    }
}
