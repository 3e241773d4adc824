// Vectors of floats as wide as the variant has them, so that one source serves all variants. Memory may be unaligned.
// Within a variant each function gives a lane the same bits whatever the other lanes hold.
#ifndef TB_VEC_H
#define TB_VEC_H

#include "kernels.h"

#if defined(__AVX512F__)
#define TB_LANES 16
#elif defined(__AVX2__)
#define TB_LANES 8
#else
#define TB_LANES 4
#endif

// Registers enough for a tile of 16 sums with its operands.
#if defined(__AVX512F__) || defined(__aarch64__)
#define TB_HAS_32_REGISTERS 1
#else
#define TB_HAS_32_REGISTERS 0
#endif

typedef float vf __attribute__((vector_size(4 * TB_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * TB_LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * TB_LANES)));
typedef float vf_half_ __attribute__((vector_size(2 * TB_LANES)));
typedef double vd __attribute__((vector_size(4 * TB_LANES)));

#define TB_INFINITY __builtin_inff()

TB_INLINE vf vf_load(const void *at) {
    return TB_LOAD(vf, at);
}

TB_INLINE void vf_store(void *at, vf x) {
    __builtin_memcpy(at, &x, sizeof x);
}

// The first `count` floats, zeros in the other lanes.
TB_INLINE vf vf_load_part(const void *at, int64_t count) {
    vf x = {0};
    for (int64_t i = 0; i < count; i++) {
        x[i] = TB_LOAD(float, (const char *)at + 4 * i);
    }
    return x;
}

TB_INLINE void vf_store_part(void *at, vf x, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float lane = x[i];
        __builtin_memcpy((char *)at + 4 * i, &lane, 4);
    }
}

TB_INLINE vf vf_splat(float x) {
    return x - (vf){0};
}

TB_INLINE vu vu_splat(uint32_t x) {
    return x - (vu){0};
}

// a·b + c, rounded once where the variant has such an instruction, else twice.
TB_INLINE vf vf_fma(vf a, vf b, vf c) {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

// max(a, b); b where one is NaN, or NaN.
TB_INLINE vf vf_max(vf a, vf b) {
#if defined(__AVX512F__)
    return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
    return _mm256_max_ps(a, b);
#elif defined(__x86_64__)
    return _mm_max_ps(a, b);
#else
    return vmaxq_f32(a, b);
#endif
}

// min(a, b); b where one is NaN, or NaN.
TB_INLINE vf vf_min(vf a, vf b) {
#if defined(__AVX512F__)
    return _mm512_min_ps(a, b);
#elif defined(__AVX2__)
    return _mm256_min_ps(a, b);
#elif defined(__x86_64__)
    return _mm_min_ps(a, b);
#else
    return vminq_f32(a, b);
#endif
}

// a where the mask's lane is all ones, b where it is 0.
TB_INLINE vf vf_select(vi mask, vf a, vf b) {
    return (vf)((mask & (vi)a) | (~mask & (vi)b));
}

TB_INLINE vu vu_select(vi mask, vu a, vu b) {
    return ((vu)mask & a) | (~(vu)mask & b);
}

TB_INLINE vf_half_ vf_low_(vf x) {
#if TB_LANES == 16
    return __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
#elif TB_LANES == 8
    return __builtin_shufflevector(x, x, 0, 1, 2, 3);
#else
    return __builtin_shufflevector(x, x, 0, 1);
#endif
}

TB_INLINE vf_half_ vf_high_(vf x) {
#if TB_LANES == 16
    return __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
#elif TB_LANES == 8
    return __builtin_shufflevector(x, x, 4, 5, 6, 7);
#else
    return __builtin_shufflevector(x, x, 2, 3);
#endif
}

// The two halves as doubles.
TB_INLINE vd vd_low(vf x) {
    return __builtin_convertvector(vf_low_(x), vd);
}

TB_INLINE vd vd_high(vf x) {
    return __builtin_convertvector(vf_high_(x), vd);
}

TB_INLINE double vd_sum(vd x) {
    double sum = x[0];
    for (int i = 1; i < TB_LANES / 2; i++) {
        sum += x[i];
    }
    return sum;
}

TB_INLINE float vf_greatest(vf x) {
    float greatest = x[0];
    for (int i = 1; i < TB_LANES; i++) {
        greatest = x[i] > greatest ? x[i] : greatest;
    }
    return greatest;
}

typedef float tb_f4 __attribute__((vector_size(16)));

// The sums of four vectors, each by one tree: lanes 0 and 2, 1 and 3 of each group of four, those two, then the groups by halves.
TB_INLINE tb_f4 vf_sums(vf a, vf b, vf c, vf d) {
#if TB_LANES == 16
#define TB_UNPACK_LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define TB_UNPACK_HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define TB_PAIR_LOW 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define TB_PAIR_HIGH 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#elif TB_LANES == 8
#define TB_UNPACK_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define TB_UNPACK_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#define TB_PAIR_LOW 0, 1, 8, 9, 4, 5, 12, 13
#define TB_PAIR_HIGH 2, 3, 10, 11, 6, 7, 14, 15
#else
#define TB_UNPACK_LOW 0, 4, 1, 5
#define TB_UNPACK_HIGH 2, 6, 3, 7
#define TB_PAIR_LOW 0, 1, 4, 5
#define TB_PAIR_HIGH 2, 3, 6, 7
#endif
    vf ab = __builtin_shufflevector(a, b, TB_UNPACK_LOW) + __builtin_shufflevector(a, b, TB_UNPACK_HIGH);
    vf cd = __builtin_shufflevector(c, d, TB_UNPACK_LOW) + __builtin_shufflevector(c, d, TB_UNPACK_HIGH);
    vf sums = __builtin_shufflevector(ab, cd, TB_PAIR_LOW) + __builtin_shufflevector(ab, cd, TB_PAIR_HIGH);
#if TB_LANES == 16
    vf_half_ half = vf_low_(sums) + vf_high_(sums);
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
#elif TB_LANES == 8
    return vf_low_(sums) + vf_high_(sums);
#else
    return sums;
#endif
}

// The sum of the lanes, by the tree of vf_sums.
TB_INLINE float vf_sum(vf x) {
    return vf_sums(x, x, x, x)[0];
}

// e^x to about one unit in the last place; 0 and infinity where a float has nothing nearer.
TB_INLINE vf vf_exp(vf x) {
    x = vf_min(vf_splat(89.0f), vf_max(vf_splat(-104.0f), x));
    // n = x/ln 2 to the nearest integer, which lies in the low bits of this sum.
    vf shifted = vf_fma(x, vf_splat(0x1.715476p0f), vf_splat(0x1.8p23f));
    vi n = (vi)shifted - 0x4b400000;
    vf whole = shifted - 0x1.8p23f;
    // r = x − n·ln 2, ln 2 in two parts of which the first times n is exact.
    vf r = vf_fma(whole, vf_splat(-0x1.62e4p-1f), x);
    r = vf_fma(whole, vf_splat(-0x1.7f7d1cp-20f), r);
    // e^r = 1 + r + r²·q(r).
    vf q = vf_splat(0.0013813159f);
    q = vf_fma(q, r, vf_splat(0.008369411f));
    q = vf_fma(q, r, vf_splat(0.041668456f));
    q = vf_fma(q, r, vf_splat(0.16666515f));
    q = vf_fma(q, r, vf_splat(0.49999993f));
    vf power = vf_fma(q, r * r, r) + 1.0f;
    // 2^n in two factors, as 2^128 and 2^−149 are no normal floats.
    vi half = n >> 1;
    vf first = (vf)((half + 127) << 23);
    vf second = (vf)((n - half + 127) << 23);
    return power * first * second;
}

// 1/(1 + e^−x).
TB_INLINE vf vf_sigmoid(vf x) {
    return 1.0f / (1.0f + vf_exp(-x));
}

// tanh x: a polynomial near 0, where 1 − 2/(e^2|x| + 1) would cancel.
TB_INLINE vf vf_tanh(vf x) {
    vf size = (vf)((vi)x & 0x7fffffff);
    vf u = x * x;
    vf p = vf_splat(0.0020596788f);
    p = vf_fma(p, u, vf_splat(-0.008085751f));
    p = vf_fma(p, u, vf_splat(0.021663463f));
    p = vf_fma(p, u, vf_splat(-0.053939957f));
    p = vf_fma(p, u, vf_splat(0.13333152f));
    p = vf_fma(p, u, vf_splat(-0.33333328f));
    vf near = vf_fma(p * u, x, x);
    vf far = 1.0f - 2.0f / (vf_exp(size + size) + 1.0f);
    far = (vf)((vi)far | ((vi)x & (int32_t)0x80000000));
    return vf_select((vi)(size < 0.625f), near, far);
}

typedef uint16_t tb_halves __attribute__((vector_size(2 * TB_LANES)));
typedef int8_t tb_bytes __attribute__((vector_size(TB_LANES)));

TB_INLINE vf tb_widened_(tb_halves h) {
#if defined(__AVX512F__)
    return _mm512_cvtph_ps((__m256i)h);
#elif defined(__F16C__)
    return _mm256_cvtph_ps((__m128i)h);
#elif defined(__aarch64__)
    return vcvt_f32_f16((float16x4_t)h);
#else
    vu bits = __builtin_convertvector(h, vu);
    vu size = bits & 0x7fff;
    // As a float these bits are 2^−112 of the number, subnormal numbers included.
    vf scaled = (vf)(size << 13) * 0x1p112f;
    vu wide = vu_select((vi)(size >= 0x7c00), (size << 13) | 0x7f800000, (vu)scaled);
    return (vf)(wide | (bits & 0x8000) << 16);
#endif
}

TB_INLINE tb_halves tb_narrowed_(vf x) {
#if defined(__AVX512F__)
    return (tb_halves)_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__F16C__)
    return (tb_halves)_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__aarch64__)
    return (tb_halves)vcvt_f16_f32(x);
#else
    vu bits = (vu)x;
    vu sign = bits & 0x80000000;
    vu size = bits ^ sign;
    // Rounded to nearest, ties to even: half a unit less the lowest bit that stays, then cut.
    vu normal = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
    // The sum has the unit of the subnormal halves as its last place, and rounds to it.
    vu subnormal = (vu)((vf)size + 0.5f) - 0x3f000000;
    vu nan = (size >> 13 & 0x1ff) | 0x7e00;
    vu narrow = vu_select((vi)(size < 0x38800000), subnormal, normal);
    narrow = vu_select((vi)(size >= 0x47800000), vu_splat(0x7c00), narrow);
    narrow = vu_select((vi)(size > 0x7f800000), nan, narrow);
    return __builtin_convertvector(narrow | sign >> 16, tb_halves);
#endif
}

TB_INLINE vf vf_load_f16(const void *at) {
    return tb_widened_(TB_LOAD(tb_halves, at));
}

TB_INLINE vf vf_load_bf16(const void *at) {
    return (vf)(__builtin_convertvector(TB_LOAD(tb_halves, at), vu) << 16);
}

TB_INLINE vf vf_load_i8(const void *at) {
    return __builtin_convertvector(__builtin_convertvector(TB_LOAD(tb_bytes, at), vi), vf);
}

TB_INLINE tb_halves tb_load_halves_part_(const void *at, int64_t count) {
    tb_halves h = {0};
    for (int64_t i = 0; i < count; i++) {
        h[i] = TB_LOAD(uint16_t, (const char *)at + 2 * i);
    }
    return h;
}

TB_INLINE vf vf_load_f16_part(const void *at, int64_t count) {
    return tb_widened_(tb_load_halves_part_(at, count));
}

TB_INLINE vf vf_load_bf16_part(const void *at, int64_t count) {
    return (vf)(__builtin_convertvector(tb_load_halves_part_(at, count), vu) << 16);
}

TB_INLINE void vf_store_f16(void *at, vf x) {
    tb_halves h = tb_narrowed_(x);
    __builtin_memcpy(at, &h, sizeof h);
}

TB_INLINE void vf_store_f16_part(void *at, vf x, int64_t count) {
    tb_halves h = tb_narrowed_(x);
    for (int64_t i = 0; i < count; i++) {
        uint16_t lane = h[i];
        __builtin_memcpy((char *)at + 2 * i, &lane, 2);
    }
}

#endif
