package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.kernels.cpu.CpuLimits;
import dev.twinbolt.kernels.cpu.CpuVariant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitsCommandTest {
    @Test
    void theTableHasARowPerLimitAndVariant() {
        String expected =
                """
                | at best | kernels | 1 thread | 2 threads |
                | --- | --- | ---: | ---: |
                | read from memory, GB/s | baseline | 10.0 | 20.0 |
                | read from memory, GB/s | avx2 | 11.0 | 21.0 |
                | int8 multiply-add, GOP/s | baseline | 100.0 | 200.0 |
                | int8 multiply-add, GOP/s | avx2 | 190.5 | 381.0 |
                | F32 multiply-add, GFLOP/s | baseline | 50.0 | 99.9 |
                | F32 multiply-add, GFLOP/s | avx2 | 127.0 | 254.0 |
                """;
        assertEquals(
                expected,
                LimitsCommand.table(
                        List.of(
                                new CpuLimits(CpuVariant.BASELINE, 1, 10e9, 100e9, 50e9),
                                new CpuLimits(CpuVariant.BASELINE, 2, 20e9, 200e9, 99.9e9),
                                new CpuLimits(CpuVariant.AVX2, 1, 11e9, 190.5e9, 127e9),
                                new CpuLimits(CpuVariant.AVX2, 2, 21e9, 381e9, 254e9))));
    }
}
