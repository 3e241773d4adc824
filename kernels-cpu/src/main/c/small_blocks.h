// Unpacking blocks of 32 elements.
#ifndef TB_SMALL_BLOCKS_H
#define TB_SMALL_BLOCKS_H

#include "blocks.h"

// Nibbles of 16 bytes: the low ones first.
TB_INLINE void nibbles(const row_blocks* from, i64 at, u8r out[8]) {
    u8r q[4];
    load_quads(from, at, q);
    UNROLL for (int j = 0; j < 4; j++) {
        out[j] = q[j] & 15;
        out[4 + j] = q[j] >> 4;
    }
}

// 16 in the bytes of quad j whose bit of the 32 at hand is set.
TB_INLINE u8r fifth_bits(u8r bits, int j) {
    u8r four = (u8r)((u32r)bits >> 4 * j & 15);
    u8r each = spread_low_bytes(four);
    u8r mask = (u8r)((u32r){} + 0x08040201);
    return (u8r)((each & mask) == mask) & 16;
}

TB_INLINE void put_block(panel* to, row_blocks* from, int b, const u8r codes[8]) {
    UNROLL for (int j = 0; j < 8; j++) put_quad(to, from, 8 * b + j, codes[j]);
}

TB_INLINE void Q4_0_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8];
    nibbles(from, 2, q);
    put_block(to, from, b, q);
    put_floats(to->small.d[b], from, load_halves(from, 0));
}
TB_INLINE void Q4_1_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8];
    nibbles(from, 4, q);
    put_block(to, from, b, q);
    u8r scales = load_quad(from, 0);
    put_floats(to->small.d[b], from, low_halves(scales));
    put_floats(to->small.m[b], from, high_halves(scales));
}
TB_INLINE void Q5_0_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8], fifth = load_quad(from, 2);
    nibbles(from, 6, q);
    UNROLL for (int j = 0; j < 8; j++) q[j] |= fifth_bits(fifth, j);
    put_block(to, from, b, q);
    put_floats(to->small.d[b], from, load_halves(from, 0));
}
TB_INLINE void Q5_1_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8], fifth = load_quad(from, 4), scales = load_quad(from, 0);
    nibbles(from, 8, q);
    UNROLL for (int j = 0; j < 8; j++) q[j] |= fifth_bits(fifth, j);
    put_block(to, from, b, q);
    put_floats(to->small.d[b], from, low_halves(scales));
    put_floats(to->small.m[b], from, high_halves(scales));
}

// Signed bytes, or 128 too high.
TB_INLINE u8r signed_codes(u8r codes) { return SIGNED_CODES ? codes : codes ^ 128; }

// What the negative codes of a block amount to, without their sign.
TB_INLINE i32r below_zero(const u8r codes[8]) {
#if WIDE_SUMS
    (void)codes;
    return (i32r){};
#else
    row_part sum = {};
    UNROLL for (int j = 0; j < 8; j++) sum = add_products(sum, _mm256_set1_epi8(1), _mm256_min_epi8((__m256i)codes[j], _mm256_setzero_si256()));
    return -row_fold((i32r){}, sum, 0);
#endif
}
TB_INLINE void put_signed_block(panel* to, row_blocks* from, int b, const u8r codes[8]) {
    put_block(to, from, b, codes);
    if (!WIDE_SUMS && !from->act) put_words(to->small.below[b], from, (u8r)below_zero(codes));
}

TB_INLINE void Q8_0_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8];
    load_quads(from, 2, q);
    load_quads(from, 18, q + 4);
    UNROLL for (int j = 0; j < 8; j++) q[j] = signed_codes(q[j]);
    put_signed_block(to, from, b, q);
    put_floats(to->small.d[b], from, load_halves(from, 0));
}

static const u8x16 IQ4_VALUES = {(u8)-127, (u8)-104, (u8)-83, (u8)-65, (u8)-49, (u8)-35, (u8)-22, (u8)-10, 1, 13, 25, 38, 53, 69, 89, 113};
TB_INLINE void IQ4_NL_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8];
    nibbles(from, 2, q);
    UNROLL for (int j = 0; j < 8; j++) q[j] = signed_codes(look_up(IQ4_VALUES, q[j]));
    put_signed_block(to, from, b, q);
    put_floats(to->small.d[b], from, load_halves(from, 0));
}

// Twice the element, and 12 too high.
static const u8x16 MXFP4_VALUES = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
TB_INLINE void MXFP4_unpack(panel* to, row_blocks* from, int b) {
    u8r q[8];
    nibbles(from, 1, q);
    UNROLL for (int j = 0; j < 8; j++) q[j] = look_up(MXFP4_VALUES, q[j]);
    put_block(to, from, b, q);
    // Half of 2^(e - 127), as a subnormal number below 2.
    u32r e;
    UNROLL for (int r = 0; r < ROWS; r++) e[r] = from->at[r];
    u32r is_tiny = (u32r)(e < 2), power = (e - 1) << 23, tiny = (u32r){} + 0x200000 + (e & 1) * 0x200000;
    put_floats(to->small.d[b], from, (f32r)((is_tiny & tiny) | (~is_tiny & power)));
}

#endif
