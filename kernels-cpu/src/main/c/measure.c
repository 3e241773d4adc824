// READ, INT8_PEAK, F32_PEAK: the most that this CPU can do of what kernels are made of, to hold them against. Each does at least what is asked and
// returns how much it did.
#include "kernels.h"

#if defined(__AVX512VNNI__)
#define TB_WIDTH 64
#elif defined(__AVX2__)
#define TB_WIDTH 32
#else
#define TB_WIDTH 16
#endif

// Sums that are added to in turn, so that none waits for itself: more than latency times units, fewer than registers.
#if defined(__x86_64__)
#define TB_CHAINS 12
#define TB_REGISTER "+x"
#else
#define TB_CHAINS 16
#define TB_REGISTER "+w"
#endif

// Makes the compiler forget what it knows of a vector, so that it neither leaves out a step nor takes it out of the loop.
#define TB_FORGET(vector) __asm__ volatile("" : TB_REGISTER(vector))

typedef int64_t tb_words __attribute__((vector_size(TB_WIDTH), aligned(1)));
typedef int32_t tb_ints __attribute__((vector_size(TB_WIDTH)));
typedef float tb_floats __attribute__((vector_size(TB_WIDTH)));

// Reads `bytes`, a multiple of 1024, from memory.
TB_EXPORT int64_t TB(read)(int64_t address, int64_t bytes) {
    enum { LINES = 1024 / TB_WIDTH };
    const tb_words *from = (const tb_words *)address;
    tb_words sums[4] = {{0}, {0}, {0}, {0}};
    for (int64_t at = 0; at < bytes; at += 1024) {
#pragma clang loop unroll(full)
        for (int i = 0; i < LINES; i++) {
            sums[i % 4] ^= from[i];
        }
        from += LINES;
    }
    tb_words sum = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
    TB_FORGET(sum);
    return bytes;
}

// Adds products of bytes to 32-bit sums by the variant's fastest instructions.
TB_INLINE tb_ints dot(tb_ints sums, tb_ints a, tb_ints b) {
#if defined(__AVX512VNNI__)
    return (tb_ints)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#elif defined(__AVXVNNI__)
    return (tb_ints)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)a, (__m256i)b);
#elif defined(__AVX2__)
    __m256i pairs = _mm256_maddubs_epi16((__m256i)a, (__m256i)b);
    return sums + (tb_ints)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#elif defined(__x86_64__)
    return sums + (tb_ints)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__ARM_FEATURE_MATMUL_INT8)
    return (tb_ints)vmmlaq_s32((int32x4_t)sums, (int8x16_t)a, (int8x16_t)b);
#elif defined(__ARM_FEATURE_DOTPROD)
    return (tb_ints)vdotq_s32((int32x4_t)sums, (int8x16_t)a, (int8x16_t)b);
#else
    int16x8_t pairs = vmull_s8(vget_low_s8((int8x16_t)a), vget_low_s8((int8x16_t)b));
    pairs = vmlal_high_s8(pairs, (int8x16_t)a, (int8x16_t)b);
    return (tb_ints)vpadalq_s16((int32x4_t)sums, pairs);
#endif
}

// Products that one dot adds. SSE2 multiplies no bytes: they are counted as widened to 16 bits beforehand.
#if defined(__x86_64__) && TB_WIDTH == 16
#define TB_PRODUCTS 8
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#define TB_PRODUCTS 32
#else
#define TB_PRODUCTS TB_WIDTH
#endif

TB_EXPORT int64_t TB(int8_peak)(int64_t least) {
    tb_ints sums[TB_CHAINS] = {{0}};
    tb_ints a = (tb_ints){0} + 0x01020304;
    tb_ints b = (tb_ints){0} + 0x05060708;
    int64_t done = 0;
    for (; done < least; done += TB_CHAINS * TB_PRODUCTS) {
#pragma clang loop unroll(full)
        for (int i = 0; i < TB_CHAINS; i++) {
            TB_FORGET(a);
            sums[i] = dot(sums[i], a, b);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < TB_CHAINS; i++) {
        TB_FORGET(sums[i]);
    }
    return done;
}

TB_INLINE tb_floats multiply_add(tb_floats sums, tb_floats a, tb_floats b) {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_elementwise_fma(a, b, sums);
#else
    return sums + a * b;
#endif
}

TB_EXPORT int64_t TB(f32_peak)(int64_t least) {
    tb_floats sums[TB_CHAINS] = {{0}};
    tb_floats a = (tb_floats){0} + 0.5f;
    tb_floats b = (tb_floats){0} + 0.25f;
    int64_t done = 0;
    for (; done < least; done += TB_CHAINS * TB_WIDTH / 4) {
#pragma clang loop unroll(full)
        for (int i = 0; i < TB_CHAINS; i++) {
            TB_FORGET(a);
            sums[i] = multiply_add(sums[i], a, b);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < TB_CHAINS; i++) {
        TB_FORGET(sums[i]);
    }
    return done;
}
