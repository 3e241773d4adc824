// Included before a kernel file: the variant avxvnni on a CPU that has AVX2 and no VNNI.
#include <immintrin.h>
#include <simde/x86/avx512/dpbusd.h>

// A call, as what it does is long and stands in mul_mat.c some thousand times.
static __attribute__((noinline)) __m256i emulated_mm256_dpbusd_epi32(__m256i sum, __m256i a, __m256i b) { return simde_mm256_dpbusd_epi32(sum, a, b); }

#define _mm256_dpbusd_avx_epi32(sum, a, b) emulated_mm256_dpbusd_epi32(sum, a, b)

#include "quick.h"

// Last, as SIMDe would take it for the truth.
#define __AVXVNNI__ 1
