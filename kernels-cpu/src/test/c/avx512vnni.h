// Included before a kernel file: the variant avx512vnni on a CPU that has AVX2 and no AVX-512. The compiler has no registers of 64 bytes then, and
// keeps such a vector in two.
#include <immintrin.h>
#include <simde/x86/avx512/dpbusd.h>
#include <simde/x86/avx512/madd.h>
#include <simde/x86/avx512/max.h>
#include <simde/x86/avx512/min.h>
#include <simde/x86/avx512/set1.h>

// A real CPU refuses what is not aligned, and so does this.
static inline __m512i emulated_load_si512(const void *at) {
    if ((unsigned long)at % 64 != 0) __builtin_trap();
    return *(const __m512i *)at;
}

// SIMDe 0.7.4 lacks these two.
static inline __m512 emulated_cvtph_ps(__m256i halves) {
    __m256 low = _mm256_cvtph_ps(_mm256_castsi256_si128(halves));
    __m256 high = _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1));
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline __m256i emulated_cvtps_ph(__m512 x) {
    __m256 low = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
    __m256 high = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i low_halves = _mm256_cvtps_ph(low, _MM_FROUND_TO_NEAREST_INT);
    __m128i high_halves = _mm256_cvtps_ph(high, _MM_FROUND_TO_NEAREST_INT);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low_halves), high_halves, 1);
}

// Calls, as what they do is long and stands in mul_mat.c some thousand times.
static __attribute__((noinline)) __m256i emulated_mm256_dpbusd_epi32(__m256i sum, __m256i a, __m256i b) { return simde_mm256_dpbusd_epi32(sum, a, b); }
static __attribute__((noinline)) __m512i emulated_mm512_dpbusd_epi32(__m512i sum, __m512i a, __m512i b) { return simde_mm512_dpbusd_epi32(sum, a, b); }

#undef _mm512_cvtps_ph
#undef _mm256_dpbusd_epi32
#define _mm512_load_si512(at) emulated_load_si512(at)
#define _mm512_cvtph_ps(halves) emulated_cvtph_ps(halves)
#define _mm512_cvtps_ph(x, rounding) emulated_cvtps_ph(x)
#define _mm512_set1_epi32(x) simde_mm512_set1_epi32(x)
#define _mm512_max_ps(a, b) simde_mm512_max_ps(a, b)
#define _mm512_min_ps(a, b) simde_mm512_min_ps(a, b)
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#define _mm512_dpbusd_epi32(sum, a, b) emulated_mm512_dpbusd_epi32(sum, a, b)
#define _mm256_dpbusd_epi32(sum, a, b) emulated_mm256_dpbusd_epi32(sum, a, b)

// Keeps sums in registers of 64 bytes, which there are none of.
#define __asm__(...)

#include "quick.h"

// Last, as SIMDe would take them for the truth.
#define __AVX512F__ 1
#define __AVX512BW__ 1
#define __AVX512DQ__ 1
#define __AVX512VL__ 1
#define __AVX512VNNI__ 1
