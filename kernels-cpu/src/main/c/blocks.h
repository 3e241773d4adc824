// ggml's weight blocks, unpacked: 32 codes at a time in the order of the elements, and their scales.
// Source of the layouts: ggml `ggml-common.h`, `ggml-quants.c`.
#ifndef TB_BLOCKS_H
#define TB_BLOCKS_H

#include "simd.h"

TB_INLINE u8x32 join(u8x16 low, u8x16 high) {
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
}

// 16 bytes: low nibbles, then high ones.
TB_INLINE u8x32 nibbles(const u8* at) {
    u8x16 q = LOAD(u8x16, at);
    return join(q & 15, q >> 4);
}

// 32 bits to 0 or 16, one in each byte.
TB_INLINE u8x32 fifth_bits(const u8* at) {
    u32 bits = (u32)load_i32(at);
    typedef VECTOR(u32, 8) u32x8;
    u32x8 all = {bits, bits, bits, bits, bits, bits, bits, bits};
    u8x32 spread = __builtin_shufflevector((u8x32)all, (u8x32)all, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
    const u8x32 mask = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return (u8x32)((spread & mask) == mask) & 16;
}

// ---- Blocks of 32 elements: d, m and codes ----

TB_INLINE u8x32 Q4_0_codes(const u8* block) { return nibbles(block + 2); }
TB_INLINE u8x32 Q4_1_codes(const u8* block) { return nibbles(block + 4); }
TB_INLINE u8x32 Q5_0_codes(const u8* block) { return nibbles(block + 6) | fifth_bits(block + 2); }
TB_INLINE u8x32 Q5_1_codes(const u8* block) { return nibbles(block + 8) | fifth_bits(block + 4); }
// Signed bytes, or 128 too high.
TB_INLINE u8x32 signed_codes(u8x32 codes) { return SIGNED_CODES ? codes : codes ^ 128; }
TB_INLINE u8x32 Q8_0_codes(const u8* block) { return signed_codes(LOAD(u8x32, block + 2)); }
static const u8x16 IQ4_VALUES = {(u8)-127, (u8)-104, (u8)-83, (u8)-65, (u8)-49, (u8)-35, (u8)-22, (u8)-10, 1, 13, 25, 38, 53, 69, 89, 113};
TB_INLINE u8x32 IQ4_NL_codes(const u8* block) { return signed_codes(look_up(IQ4_VALUES, nibbles(block + 2))); }
// Twice the element, and 12 too high.
static const u8x16 MXFP4_VALUES = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
TB_INLINE u8x32 MXFP4_codes(const u8* block) { return look_up(MXFP4_VALUES, nibbles(block + 1)); }

TB_INLINE float f16_first(const u8* block) { return load_f16(block); }
TB_INLINE float f16_second(const u8* block) { return load_f16(block + 2); }
TB_INLINE float no_min(const u8* block) { (void)block; return 0; }
// Half of 2^(e - 127).
TB_INLINE float MXFP4_scale(const u8* block) {
    u32 e = block[0], bits = e < 2 ? 0x200000u << e : (e - 1) << 23;
    float d;
    __builtin_memcpy(&d, &bits, 4);
    return d;
}

// ---- Blocks of 256 elements: codes of eighth s; scales of sub-blocks; d and dmin ----

// scales of 16 sub-blocks of 16 elements, and what is taken off per unit of their activations' sums.
typedef struct {
    i32 scales[16];
    i16 mins[16];
    float d, dmin;
} sub_scales;

typedef VECTOR(u8, 8) u8x8;

// A scale as fold() takes it.
#if WIDE_SUMS
#define PAIR_FACTOR 1
#else
#define PAIR_FACTOR 0x10001
#endif

// From 16 scales of 16 bits; signed ones below 0 need the mask.
TB_INLINE void put_scales(sub_scales* s, i16x16 scales) {
    typedef VECTOR(i32, 16) i32x16;
    i32x16 wide = __builtin_convertvector(scales, i32x16);
    if (!WIDE_SUMS) wide = (wide & 0xFFFF) | wide << 16;
    STORE(i32x16, s->scales, wide);
}

TB_INLINE i16x16 twice_each(i16 s0, i16 s1, i16 s2, i16 s3, i16 s4, i16 s5, i16 s6, i16 s7) {
    return (i16x16){s0, s0, s1, s1, s2, s2, s3, s3, s4, s4, s5, s5, s6, s6, s7, s7};
}

// Eight scales and eight mins of 6 bits in 12 bytes.
TB_INLINE void K_scales(const u8* at, sub_scales* s) {
    u32 a = (u32)load_i32(at), b = (u32)load_i32(at + 4), c = (u32)load_i32(at + 8);
    typedef VECTOR(u32, 4) u32x4;
    u32x4 words = {a & 0x3F3F3F3F, (c & 0x0F0F0F0F) | (a >> 6 & 0x03030303) << 4, b & 0x3F3F3F3F, (c >> 4 & 0x0F0F0F0F) | (b >> 6 & 0x03030303) << 4};
    u8x16 bytes = (u8x16)words;
    u8x16 scales = __builtin_shufflevector(bytes, bytes, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    u8x16 mins = __builtin_shufflevector(bytes, bytes, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
    put_scales(s, __builtin_convertvector(scales, i16x16));
    STORE(i16x16, s->mins, __builtin_convertvector(mins, i16x16));
}

TB_INLINE u8x32 Q4_K_codes(const u8* block, int s) {
    u8x32 q = LOAD(u8x32, block + 16 + 32 * (s / 2));
    return s % 2 ? q >> 4 : q & 15;
}
TB_INLINE void Q4_K_scales(const u8* block, sub_scales* s) {
    K_scales(block + 4, s);
    s->d = load_f16(block);
    s->dmin = load_f16(block + 2);
}

TB_INLINE u8x32 Q5_K_codes(const u8* block, int s) {
    u8x32 q = LOAD(u8x32, block + 48 + 32 * (s / 2));
    u8x32 fifth = LOAD(u8x32, block + 16);
    return (s % 2 ? q >> 4 : q & 15) | (fifth >> s & 1) << 4;
}
TB_INLINE void Q5_K_scales(const u8* block, sub_scales* s) { Q4_K_scales(block, s); }

TB_INLINE u8x32 Q6_K_codes(const u8* block, int s) {
    u8x32 low = LOAD(u8x32, block + 64 * (s / 4) + 32 * (s % 2));
    u8x32 high = LOAD(u8x32, block + 128 + 32 * (s / 4));
    return (s % 4 / 2 ? low >> 4 : low & 15) | (high >> 2 * (s % 4) & 3) << 4;
}
TB_INLINE void Q6_K_scales(const u8* block, sub_scales* s) {
    typedef VECTOR(i8, 16) i8x16;
    i16x16 scales = __builtin_convertvector(LOAD(i8x16, block + 192), i16x16);
    put_scales(s, scales);
    STORE(i16x16, s->mins, scales * 32);
    s->d = load_f16(block + 208);
    s->dmin = s->d;
}

TB_INLINE u8x32 Q2_K_codes(const u8* block, int s) { return LOAD(u8x32, block + 16 + 32 * (s / 4)) >> 2 * (s % 4) & 3; }
TB_INLINE void Q2_K_scales(const u8* block, sub_scales* s) {
    u8x16 q = LOAD(u8x16, block);
    put_scales(s, __builtin_convertvector(q & 15, i16x16));
    STORE(i16x16, s->mins, __builtin_convertvector(q >> 4, i16x16));
    s->d = load_f16(block + 80);
    s->dmin = load_f16(block + 82);
}

TB_INLINE u8x32 Q3_K_codes(const u8* block, int s) {
    u8x32 low = LOAD(u8x32, block + 32 + 32 * (s / 4)) >> 2 * (s % 4) & 3;
    return low | (LOAD(u8x32, block) >> s & 1) << 2;
}
TB_INLINE void Q3_K_scales(const u8* block, sub_scales* s) {
    u32 a = (u32)load_i32(block + 96), b = (u32)load_i32(block + 100), c = (u32)load_i32(block + 104);
    typedef VECTOR(u32, 4) u32x4;
    u32x4 words = {(a & 0x0F0F0F0F) | (c & 0x03030303) << 4, (b & 0x0F0F0F0F) | (c >> 2 & 0x03030303) << 4,
                   (a >> 4 & 0x0F0F0F0F) | (c >> 4 & 0x03030303) << 4, (b >> 4 & 0x0F0F0F0F) | (c >> 6 & 0x03030303) << 4};
    i16x16 scales = __builtin_convertvector((u8x16)words, i16x16) - 32;
    put_scales(s, scales);
    STORE(i16x16, s->mins, scales * 4);
    s->d = load_f16(block + 108);
    s->dmin = s->d;
}

TB_INLINE u8x32 IQ4_XS_codes(const u8* block, int s) { return signed_codes(look_up(IQ4_VALUES, nibbles(block + 8 + 16 * s))); }
TB_INLINE void IQ4_XS_scales(const u8* block, sub_scales* s) {
    u32 high = load_u16(block + 2), low = (u32)load_i32(block + 4);
    i16 v[8];
    UNROLL for (int i = 0; i < 8; i++) v[i] = (i16)((low >> 4 * i & 15) | (high >> 2 * i & 3) << 4) - 32;
    i16x16 scales = twice_each(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
    put_scales(s, scales);
    STORE(i16x16, s->mins, SIGNED_CODES ? scales * 0 : scales * 128);
    s->d = load_f16(block);
    s->dmin = s->d;
}

TB_INLINE void ternary_scales(sub_scales* s, float d) {
    i16x16 ones = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    put_scales(s, ones);
    STORE(i16x16, s->mins, ones);
    s->d = d;
    s->dmin = d;
}

TB_INLINE u8x32 TQ2_0_codes(const u8* block, int s) { return LOAD(u8x32, block + 32 * (s / 4)) >> 2 * (s % 4) & 3; }
TB_INLINE void TQ2_0_scales(const u8* block, sub_scales* s) { ternary_scales(s, load_f16(block + 64)); }

// Digit n of each byte: the byte is a fraction of 256 in base 3.
TB_INLINE u8x32 ternary_digit(u8x32 fraction, int n) {
    for (int i = 0; i < n; i++) fraction = fraction + fraction + fraction;
    return (u8x32)((u8x32)(fraction >= 86) & 1) + (u8x32)((u8x32)(fraction >= 171) & 1);
}
TB_INLINE u8x32 TQ1_0_codes(const u8* block, int s) {
    if (s < 5) return ternary_digit(LOAD(u8x32, block), s);
    u8x16 half = LOAD(u8x16, block + 32);
    u8x16 next = half + half + half;
    if (s < 7) return ternary_digit(join(half, next), 2 * (s - 5));
    u32 last = (u32)load_i32(block + 48);
    typedef VECTOR(u32, 4) u32x4;
    u8x16 four = (u8x16)(u32x4){last, last, last, last};
    u8x16 powers = {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27};
    half = next + next + next;
    half = half + half + half;
    half = half + half + half;
    return ternary_digit(join(half, four * powers), 0);
}
TB_INLINE void TQ1_0_scales(const u8* block, sub_scales* s) { ternary_scales(s, load_f16(block + 52)); }

#endif
