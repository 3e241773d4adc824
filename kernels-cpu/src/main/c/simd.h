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
typedef uint64_t u64;

// 32-bit numbers of the vectors that sums are held in.
#if defined(__AVX512VNNI__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

// Rows of weights that are unpacked side by side: LANES, or half of it.
#if defined(__AVX2__)
#define ROWS 8
#else
#define ROWS 4
#endif

#define VECTOR(type, count) __attribute__((vector_size(sizeof(type) * (count)), aligned(1))) type
typedef VECTOR(i32, LANES) i32v;
typedef VECTOR(float, LANES) f32v;
typedef VECTOR(i32, ROWS) i32r;
typedef VECTOR(u32, ROWS) u32r;
typedef VECTOR(float, ROWS) f32r;
typedef VECTOR(u8, 4 * ROWS) u8r;
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
TB_INLINE u8r look_up(u8x16 table, u8r index) {
#if defined(__AVX2__)
    return (u8r)_mm256_shuffle_epi8(_mm256_broadcastsi128_si256((__m128i)table), (__m256i)index);
#elif defined(__aarch64__)
    return (u8r)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
#else
    u8r result;
    for (int i = 0; i < 4 * ROWS; i++) result[i] = table[index[i]];
    return result;
#endif
}

// The lowest byte of each word in all four of its bytes.
TB_INLINE u8r spread_low_bytes(u8r words) {
#if ROWS == 8
    return __builtin_shufflevector(words, words, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 20, 20, 20, 20, 24, 24, 24, 24, 28, 28, 28, 28);
#else
    return __builtin_shufflevector(words, words, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
#endif
}

// Of each word, byte `low` in its low half and byte `high` in its high half, as whole numbers; -1 for none.
TB_INLINE u8r pick_bytes(u8r words, int low, int high) {
#if defined(__AVX2__)
    int pick = (low & 255) | 0x8000 | (high & 255) << 16 | (int)0x80000000;
    const int step = high < 0 ? 4 : 0x40004;
    __m128i lanes = _mm_set_epi32(pick + 3 * step, pick + 2 * step, pick + step, pick);
    return (u8r)_mm256_shuffle_epi8((__m256i)words, _mm256_broadcastsi128_si256(lanes));
#else
    u32r w = (u32r)words, picked = w >> 8 * low & 255;
    return (u8r)(high < 0 ? picked : picked | (w >> 8 * high & 255) << 16);
#endif
}

// ---- Sums of products of bytes ----
//
// quad: four codes for each of LANES rows, or four bytes of one column's activations for all of them. part: what a few products of quads add up in before they are folded,
// with a scale a row, into 32-bit sums. On AVX2 that is pairs of 16-bit sums, which hold only so many products; elsewhere it is the 32-bit sum itself (WIDE_SUMS).
//
// SIGNED_CODES: whether signed codes stay signed; else they are kept 128 too high and the difference is taken off.

#if defined(__AVX512VNNI__)
typedef __m512i part;
typedef __m512i quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 0
TB_INLINE quad load_codes(const u8* at) { return _mm512_load_si512(at); }
TB_INLINE quad splat_bytes(const i8* at) { return _mm512_set1_epi32(load_i32(at)); }
TB_INLINE part add_products(part sum, quad codes, quad a) { return _mm512_dpbusd_epi32(sum, codes, a); }
#elif defined(__AVX2__)
typedef __m256i part;
typedef __m256i quad;
TB_INLINE quad load_codes(const u8* at) { return _mm256_load_si256((const __m256i*)at); }
TB_INLINE quad splat_bytes(const i8* at) { return _mm256_set1_epi32(load_i32(at)); }
#if defined(__AVXVNNI__)
#define WIDE_SUMS 1
#define SIGNED_CODES 0
TB_INLINE part add_products(part sum, quad codes, quad a) { return _mm256_dpbusd_avx_epi32(sum, codes, a); }
#else
#define WIDE_SUMS 0
#define SIGNED_CODES 1
TB_INLINE part add_products(part sum, quad codes, quad a) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(codes, a)); }
#endif
#elif defined(__ARM_FEATURE_DOTPROD)
typedef int32x4_t part;
typedef int8x16_t quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 1
TB_INLINE quad load_codes(const u8* at) { return vld1q_s8((const i8*)at); }
TB_INLINE quad splat_bytes(const i8* at) { return vreinterpretq_s8_s32(vdupq_n_s32(load_i32(at))); }
TB_INLINE part add_products(part sum, quad codes, quad a) { return vdotq_s32(sum, codes, a); }
#else
typedef i32v part;
typedef VECTOR(i8, 16) quad;
#define WIDE_SUMS 1
#define SIGNED_CODES 1
TB_INLINE quad load_codes(const u8* at) { return LOAD(quad, at); }
TB_INLINE quad splat_bytes(const i8* at) { return (quad)((i32v){} + load_i32(at)); }
TB_INLINE part add_products(part sum, quad codes, quad a) {
    typedef VECTOR(i16, 16) i16x16;
    i16x16 p = __builtin_convertvector(codes, i16x16) * __builtin_convertvector(a, i16x16);
    i32v first = {p[0], p[4], p[8], p[12]}, second = {p[1], p[5], p[9], p[13]}, third = {p[2], p[6], p[10], p[14]}, fourth = {p[3], p[7], p[11], p[15]};
    return sum + ((first + second) + (third + fourth));
}
#endif

#if WIDE_SUMS
TB_INLINE i32v fold(i32v sum, part p, const i32* scales) { return sum + (i32v)p * LOAD(i32v, scales); }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + (i32v)p; }
#else
// A scale stands in both halves of its 32 bits.
TB_INLINE i32v fold(i32v sum, part p, const i32* scales) { return sum + (i32v)_mm256_madd_epi16(p, _mm256_load_si256((const __m256i*)scales)); }
TB_INLINE i32v fold_one(i32v sum, part p) { return sum + (i32v)_mm256_madd_epi16(p, _mm256_set1_epi16(1)); }
// A pair of products of signed bytes fits 16 bits, two pairs do not.
TB_INLINE part signed_products(quad codes, quad magnitudes, quad a) { return _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(a, codes)); }
TB_INLINE quad magnitudes(quad codes) { return _mm256_abs_epi8(codes); }
TB_INLINE quad negatives(quad codes) { return _mm256_cmpgt_epi8(_mm256_setzero_si256(), codes); }
// The same with one step less: where a code is negative, its product with a is less by its magnitude, which depends on no column and is added once.
TB_INLINE part lifted_products(quad magnitudes, quad negative, quad a) { return _mm256_maddubs_epi16(magnitudes, _mm256_xor_si256(a, negative)); }
#endif

// The same for ROWS rows and one column, whose four bytes are at `a`; a null scale is 1.
#if defined(__AVX2__)
typedef __m256i row_part;
TB_INLINE row_part row_products(row_part sum, u8r codes, const i8* a, int is_signed) {
    __m256i w = (__m256i)codes, x = _mm256_set1_epi32(load_i32(a));
    (void)is_signed;
#if defined(__AVX512VNNI__)
    return _mm256_dpbusd_epi32(sum, w, x);
#elif defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(sum, w, x);
#else
    return is_signed ? signed_products(w, magnitudes(w), x) : add_products(sum, w, x);
#endif
}
TB_INLINE i32r row_fold(i32r sum, row_part p, const i32* scales) {
#if WIDE_SUMS
    return scales ? sum + (i32r)p * LOAD(i32r, scales) : sum + (i32r)p;
#else
    return scales ? fold(sum, p, scales) : fold_one(sum, p);
#endif
}
#else
typedef part row_part;
TB_INLINE row_part row_products(row_part sum, u8r codes, const i8* a, int is_signed) {
    (void)is_signed;
    return add_products(sum, (quad)codes, splat_bytes(a));
}
TB_INLINE i32r row_fold(i32r sum, row_part p, const i32* scales) { return scales ? fold(sum, p, scales) : fold_one(sum, p); }
#endif

// sum plus the products of pairs of 16-bit numbers, one pair a lane and one for all lanes.
TB_INLINE i32v add_pairs(i32v sum, const i32* lanes, i32 all) {
#if defined(__AVX512VNNI__)
    return sum + (i32v)_mm512_madd_epi16(_mm512_load_si512(lanes), _mm512_set1_epi32(all));
#elif defined(__AVX2__)
    return sum + (i32v)_mm256_madd_epi16(_mm256_load_si256((const __m256i*)lanes), _mm256_set1_epi32(all));
#else
    i32v both = LOAD(i32v, lanes);
    return sum + (both << 16 >> 16) * (all << 16 >> 16) + (both >> 16) * (all >> 16);
#endif
}

TB_INLINE i32r add_row_pairs(i32r sum, const i32* lanes, i32 all) {
#if defined(__AVX2__)
    return sum + (i32r)_mm256_madd_epi16(_mm256_loadu_si256((const __m256i*)lanes), _mm256_set1_epi32(all));
#else
    return add_pairs(sum, lanes, all);
#endif
}

// Keeps the compiler from moving sums across here: it would hold more of them than there are registers.
#if defined(__x86_64__)
#define IN_ORDER(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define IN_ORDER(v) __asm__("" : "+w"(v))
#endif

#endif
