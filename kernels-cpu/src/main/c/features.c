// What the CPU and the operating system offer. The same in every variant, so compiled once and for the oldest CPU.
#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

// The bits of the answer, as CpuFeature.java names them.
enum {
    TB_AVX2 = 1 << 0,
    TB_FMA = 1 << 1,
    TB_F16C = 1 << 2,
    TB_BMI2 = 1 << 3,
    TB_AVX_VNNI = 1 << 4,
    TB_AVX512F = 1 << 5,
    TB_AVX512BW = 1 << 6,
    TB_AVX512DQ = 1 << 7,
    TB_AVX512VL = 1 << 8,
    TB_AVX512_VNNI = 1 << 9,
};

#define TB_YMM_STATE 0x06 // XMM and the upper halves of YMM
#define TB_ZMM_STATE 0xe6 // also mask registers, the upper halves of ZMM0 to 15, and ZMM16 to 31

static uint32_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int32_t when(uint32_t word, int bit, int32_t feature) {
    return (word >> bit & 1) != 0 ? feature : 0;
}

// A feature counts only where the operating system saves the registers that it uses.
TB_EXPORT int64_t tb_x86_features(void) {
    uint32_t a, b, c, d, a7, b7, c7, d7;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return 0;
    }
    uint32_t has_osxsave = c >> 27 & 1;
    uint32_t has_avx = c >> 28 & 1;
    if (!has_osxsave || !has_avx || !__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) {
        return 0;
    }
    uint32_t state = enabled_state();
    if ((state & TB_YMM_STATE) != TB_YMM_STATE) {
        return 0;
    }
    int32_t features = when(b7, 5, TB_AVX2) | when(c, 12, TB_FMA) | when(c, 29, TB_F16C) | when(b7, 8, TB_BMI2);
    uint32_t subleaves = a7;
    if (subleaves >= 1) {
        uint32_t b71, c71, d71;
        __cpuid_count(7, 1, a, b71, c71, d71);
        features |= when(a, 4, TB_AVX_VNNI);
    }
    if ((state & TB_ZMM_STATE) == TB_ZMM_STATE) {
        features |= when(b7, 16, TB_AVX512F) | when(b7, 17, TB_AVX512DQ) | when(b7, 30, TB_AVX512BW) | when(b7, 31, TB_AVX512VL) |
                    when(c7, 11, TB_AVX512_VNNI);
    }
    return features;
}
#endif
