// What the matrix products need of a processor: vectors of LANES 32-bit numbers, and sums of four products of bytes in each.
// Types are clang's vector extensions; the dot products are the instructions of each variant.
#ifndef TB_SIMD_H
#define TB_SIMD_H

#include "kernels.h"

typedef int8_t i8;
typedef uint8_t u8;
typedef int16_t i16;
typedef uint16_t u16;
typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;

#if defined(__AVX512VNNI__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

// Rows that the product with one column takes side by side.
#if defined(__AVX2__)
#define ROWS 8
#else
#define ROWS 4
#endif

#define VECTOR(type, count) __attribute__((vector_size(sizeof(type) * (count)), aligned(1))) type
typedef VECTOR(i32, LANES) i32v;
typedef VECTOR(float, LANES) f32v;
typedef VECTOR(i32, ROWS) i32r;
typedef VECTOR(float, ROWS) f32r;
typedef VECTOR(u8, 16) u8x16;
typedef VECTOR(u8, 32) u8x32;
typedef VECTOR(i8, 32) i8x32;
typedef VECTOR(i16, 16) i16x16;
typedef VECTOR(float, 8) f32x8;
typedef VECTOR(i32, 8) i32x8;

#define LOAD(type, at) (*(const type*)(at))
#define STORE(type, at, value) (*(type*)(at) = (value))
#define UNROLL _Pragma("clang loop unroll(full)")

#if defined(__FMA__) || defined(__aarch64__)
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

#define TO_F32V(v) __builtin_convertvector(v, f32v)
#define TO_F32R(v) __builtin_convertvector(v, f32r)

TB_INLINE f32v splat_f32v(float x) { return x - (f32v){}; }
TB_INLINE f32r splat_f32r(float x) { return x - (f32r){}; }

TB_INLINE float f16_to_f32(u16 h) {
#if defined(__F16C__)
    return _cvtsh_ss(h);
#elif defined(__aarch64__)
    __fp16 f;
    __builtin_memcpy(&f, &h, 2);
    return f;
#else
    // The exponent is moved by a product, which also makes subnormal numbers normal.
    u32 magnitude = (u32)(h & 0x7FFF) << 13;
    float f;
    __builtin_memcpy(&f, &magnitude, 4);
    f *= 0x1p112f;
    u32 bits;
    __builtin_memcpy(&bits, &f, 4);
    if ((h & 0x7C00) == 0x7C00) bits |= 0x7F800000;
    bits |= (u32)(h & 0x8000) << 16;
    __builtin_memcpy(&f, &bits, 4);
    return f;
#endif
}

TB_INLINE u16 load_u16(const u8* at) { return (u16)(at[0] | at[1] << 8); }
TB_INLINE float load_f16(const u8* at) {
    u16 h;
    __builtin_memcpy(&h, at, 2);
    return f16_to_f32(h);
}
TB_INLINE i32 load_i32(const void* at) {
    i32 v;
    __builtin_memcpy(&v, at, 4);
    return v;
}

// table[index] for indices below 16.
TB_INLINE u8x32 look_up(u8x16 table, u8x32 index) {
#if defined(__AVX2__)
    __m256i both = _mm256_broadcastsi128_si256((__m128i)table);
    return (u8x32)_mm256_shuffle_epi8(both, (__m256i)index);
#elif defined(__aarch64__)
    uint8x16_t low = vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)__builtin_shufflevector(index, index, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    uint8x16_t high = vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)__builtin_shufflevector(index, index, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31));
    return __builtin_shufflevector((u8x16)low, (u8x16)high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
#else
    u8x32 result;
    for (int i = 0; i < 32; i++) result[i] = table[index[i]];
    return result;
#endif
}

// ---- Sums of products of bytes ----
//
// part: what a few dot products add up in before they are folded, with a scale, into 32-bit sums. On AVX2 it is pairs of 16-bit sums, which hold
// only so many products: DEPTH(largest code) quads. Elsewhere it is the 32-bit sum itself.
//
// SIGNED_CODES: whether codes of formats with signed bytes stay signed (else they are kept 128 too high and the difference is subtracted).

#if defined(__AVX512VNNI__)
typedef __m512i part;
typedef __m512i quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 0
TB_INLINE quad splat_quad(const u8* codes) { return _mm512_set1_epi32(load_i32(codes)); }
TB_INLINE part dot_quad(part sum, quad w, const i8* a) { return _mm512_dpbusd_epi32(sum, w, _mm512_loadu_si512(a)); }
TB_INLINE i32v fold(i32v sum, part p, i32 scale) { return sum + (i32v)p * scale; }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + (i32v)p; }
#elif defined(__AVX2__)
typedef __m256i part;
typedef __m256i quad;
TB_INLINE quad splat_quad(const u8* codes) { return _mm256_set1_epi32(load_i32(codes)); }
#if defined(__AVXVNNI__)
#define WIDE_SUMS 1
#define SIGNED_CODES 0
TB_INLINE part dot_quad(part sum, quad w, const i8* a) { return _mm256_dpbusd_avx_epi32(sum, w, _mm256_loadu_si256((const __m256i*)a)); }
TB_INLINE i32v fold(i32v sum, part p, i32 scale) { return sum + (i32v)p * scale; }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + (i32v)p; }
#else
#define WIDE_SUMS 0
#define SIGNED_CODES 1
TB_INLINE part dot_quad(part sum, quad w, const i8* a) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(w, _mm256_loadu_si256((const __m256i*)a))); }
// For one signed quad: a pair of its products fits 16 bits, two pairs do not.
TB_INLINE part dot_signed_quad(quad w, quad magnitude, const i8* a) { return _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(_mm256_loadu_si256((const __m256i*)a), w)); }
TB_INLINE quad magnitude(quad w) { return _mm256_abs_epi8(w); }
// The scale stands in both halves of 32 bits.
TB_INLINE i32v fold(i32v sum, part p, i32 scale) { return (i32v)_mm256_add_epi32((__m256i)sum, _mm256_madd_epi16(p, _mm256_set1_epi32(scale))); }
TB_INLINE i32v fold_one(i32v sum, part p) { return fold(sum, p, 0x10001); }
#endif
#elif defined(__ARM_FEATURE_DOTPROD)
typedef int32x4_t part;
typedef int8x16_t quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 1
TB_INLINE quad splat_quad(const u8* codes) { return vreinterpretq_s8_s32(vdupq_n_s32(load_i32(codes))); }
TB_INLINE part dot_quad(part sum, quad w, const i8* a) { return vdotq_s32(sum, w, vld1q_s8(a)); }
TB_INLINE i32v fold(i32v sum, part p, i32 scale) { return sum + (i32v)p * scale; }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + (i32v)p; }
#else
typedef i32v part;
typedef struct { i32 w[4]; } quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 1
TB_INLINE quad splat_quad(const u8* codes) { const i8* c = (const i8*)codes; return (quad){{c[0], c[1], c[2], c[3]}}; }
TB_INLINE part dot_quad(part sum, quad w, const i8* a) {
    for (int l = 0; l < LANES; l++)
        sum[l] += w.w[0] * a[4 * l] + w.w[1] * a[4 * l + 1] + w.w[2] * a[4 * l + 2] + w.w[3] * a[4 * l + 3];
    return sum;
}
TB_INLINE i32v fold(i32v sum, part p, i32 scale) { return sum + p * scale; }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + p; }
#endif

// sum plus the products of two 16-bit numbers with a pair of such for each lane.
TB_INLINE i32v add_pairs(i32v sum, const i16* two, const u8* pairs) {
#if defined(__AVX512VNNI__)
    return sum + (i32v)_mm512_madd_epi16(_mm512_set1_epi32(load_i32(two)), _mm512_loadu_si512(pairs));
#elif defined(__AVX2__)
    return sum + (i32v)_mm256_madd_epi16(_mm256_set1_epi32(load_i32(two)), _mm256_loadu_si256((const __m256i*)pairs));
#else
    i32v both = LOAD(i32v, pairs);
    return sum + (both << 16 >> 16) * two[0] + (both >> 16) * two[1];
#endif
}

// Keeps the compiler from moving sums across here: it would hold more of them than there are registers.
#if defined(__x86_64__)
#define IN_ORDER(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define IN_ORDER(v) __asm__("" : "+w"(v))
#endif

#endif
