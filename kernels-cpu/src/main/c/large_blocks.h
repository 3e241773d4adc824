// Unpacking blocks of 256 elements.
#ifndef TB_LARGE_BLOCKS_H
#define TB_LARGE_BLOCKS_H

#include "small_blocks.h"

// The scale of sub-block s, byte `byte` of each word, as fold() takes it.
TB_INLINE void put_scale(panel* to, const row_blocks* from, int s, u8r words, int byte) { put_words(to->large.scales[s], from, pick_bytes(words, byte, WIDE_SUMS ? -1 : byte)); }
// As above, of signed bytes of which `high` stands too much.
TB_INLINE i32r signed_scale(u8r words, int byte, i32 high) { return ((i32r)((u32r)words << (24 - 8 * byte)) >> 24) - high; }
TB_INLINE void put_signed_scale(panel* to, const row_blocks* from, int s, i32r scale) {
    put_words(to->large.scales[s], from, (u8r)(WIDE_SUMS ? scale : ((scale & 0xFFFF) | scale << 16)));
}
// The mins of sub-blocks 2 * pair and 2 * pair + 1, of 16 elements each.
TB_INLINE void put_mins(panel* to, const row_blocks* from, int pair, i32r low, i32r high) { put_words(to->large.mins[pair], from, (u8r)((low & 0xFFFF) | high << 16)); }

// Eight scales and eight mins of 6 bits in bytes 4 to 16 of a block, behind d and dmin.
TB_INLINE void K_scales(panel* to, const row_blocks* from) {
    u8r head[4];
    load_quads(from, 0, head);
    put_floats(to->large.d, from, low_halves(head[0]));
    put_floats(to->large.dmin, from, high_halves(head[0]));
    u32r a = (u32r)head[1], b = (u32r)head[2], c = (u32r)head[3];
    u8r scales[2] = {(u8r)(a & 0x3F3F3F3F), (u8r)((c & 0x0F0F0F0F) | (a >> 6 & 0x03030303) << 4)};
    u8r mins[2] = {(u8r)(b & 0x3F3F3F3F), (u8r)((c >> 4 & 0x0F0F0F0F) | (b >> 6 & 0x03030303) << 4)};
    UNROLL for (int s = 0; s < 8; s++) {
        put_scale(to, from, 2 * s, scales[s / 4], s % 4);
        put_words(to->large.mins[s], from, pick_bytes(mins[s / 4], s % 4, s % 4));
    }
}

TB_INLINE void Q4_K_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    K_scales(to, from);
    UNROLL for (int i = 0; i < 8; i++) {
        u8r q[4];
        load_quads(from, 16 + 16 * i, q);
        UNROLL for (int j = 0; j < 4; j++) {
            int quad = 16 * (i / 2) + 4 * (i % 2) + j;
            put_quad(to, from, quad, q[j] & 15);
            put_quad(to, from, quad + 8, q[j] >> 4);
        }
    }
}
// For each half of the sub-blocks the fifth bits, then the nibbles.
TB_INLINE i64 Q5_K_place(i64 at) {
    if (at < 16) return at;
    i64 piece = (at - 16) / 16, half = piece % 2;
    return 16 + 80 * half + (piece < 2 ? 0 : 16 * (piece / 2)) + at % 16;
}
TB_INLINE void Q5_K_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    K_scales(to, from);
    UNROLL for (int half = 0; half < 2; half++) {
        u8r fifth[4];
        load_quads(from, 16 + 16 * half, fifth);
        UNROLL for (int i = 0; i < 4; i++) {
            u8r q[4];
            load_quads(from, 48 + 32 * i + 16 * half, q);
            UNROLL for (int j = 0; j < 4; j++) {
                int quad = 16 * i + 4 * half + j;
                put_quad(to, from, quad, (q[j] & 15) | (fifth[j] >> 2 * i & 1) << 4);
                put_quad(to, from, quad + 8, q[j] >> 4 | (fifth[j] >> (2 * i + 1) & 1) << 4);
            }
        }
    }
}
// The scales, then of each sixteen bytes the nibbles and the high bits.
TB_INLINE i64 Q6_K_place(i64 at) {
    if (at >= 192) return at < 208 ? at - 190 : at - 208;
    i64 piece = at / 16, half = piece < 8 ? piece / 4 : piece / 2 - 4, which = piece < 8 ? piece / 2 % 2 : 2;
    return 18 + 48 * (2 * half + piece % 2) + 16 * which + at % 16;
}
TB_INLINE void Q6_K_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    u8r scales[4];
    load_quads(from, 192, scales);
    UNROLL for (int pair = 0; pair < 8; pair++) {
        i32r low = signed_scale(scales[pair / 2], pair % 2 * 2, 0), high = signed_scale(scales[pair / 2], pair % 2 * 2 + 1, 0);
        put_signed_scale(to, from, 2 * pair, low);
        put_signed_scale(to, from, 2 * pair + 1, high);
        put_mins(to, from, pair, low * 32, high * 32);
    }
    f32r d = load_halves(from, 208);
    put_floats(to->large.d, from, d);
    put_floats(to->large.dmin, from, d);
    UNROLL for (int half = 0; half < 2; half++) {
        UNROLL for (int i = 0; i < 2; i++) {
            u8r first[4], second[4], high[4];
            load_quads(from, 64 * half + 16 * i, first);
            load_quads(from, 64 * half + 32 + 16 * i, second);
            load_quads(from, 128 + 32 * half + 16 * i, high);
            UNROLL for (int j = 0; j < 4; j++) {
                int quad = 32 * half + 4 * i + j;
                put_quad(to, from, quad, (first[j] & 15) | (high[j] << 4 & 48));
                put_quad(to, from, quad + 8, (second[j] & 15) | (high[j] << 2 & 48));
                put_quad(to, from, quad + 16, first[j] >> 4 | (high[j] & 48));
                put_quad(to, from, quad + 24, second[j] >> 4 | (high[j] >> 2 & 48));
            }
        }
    }
}

// Codes of 2 bits in 16 bytes, of which each holds four elements 32 apart. third: bits 2 of the codes, or none.
TB_INLINE void two_bits(panel* to, row_blocks* from, i64 at, int half, int i, const u8r* third) {
    u8r q[4];
    load_quads(from, at + 32 * half + 16 * i, q);
    UNROLL for (int s = 0; s < 4; s++) {
        UNROLL for (int j = 0; j < 4; j++) {
            u8r codes = q[j] >> 2 * s & 3;
            if (third) codes |= (third[j] >> (4 * half + s) & 1) << 2;
            put_quad(to, from, 32 * half + 8 * s + 4 * i + j, codes);
        }
    }
}
TB_INLINE void all_two_bits(panel* to, row_blocks* from, i64 at) {
    UNROLL for (int part = 0; part < 4; part++) two_bits(to, from, at, part / 2, part % 2, 0);
}
TB_INLINE i64 Q2_K_place(i64 at) { return at < 80 ? at + 4 : at - 80; }
TB_INLINE void Q2_K_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    u8r q[4], scales = load_quad(from, 80);
    load_quads(from, 0, q);
    UNROLL for (int pair = 0; pair < 8; pair++) {
        u8r s = q[pair / 2] & 15, m = q[pair / 2] >> 4;
        put_scale(to, from, 2 * pair, s, pair % 2 * 2);
        put_scale(to, from, 2 * pair + 1, s, pair % 2 * 2 + 1);
        put_words(to->large.mins[pair], from, pick_bytes(m, pair % 2 * 2, pair % 2 * 2 + 1));
    }
    put_floats(to->large.d, from, low_halves(scales));
    put_floats(to->large.dmin, from, high_halves(scales));
    all_two_bits(to, from, 16);
}
// The scales, then of each sixteen bytes the third bits and the others.
TB_INLINE i64 Q3_K_place(i64 at) {
    if (at >= 96) return at - 96;
    i64 piece = at / 16;
    return 14 + 48 * (piece % 2) + 16 * (piece / 2) + at % 16;
}
TB_INLINE void Q3_K_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    u8r scales[4];
    u32r a = (u32r)load_quad(from, 96), m = (u32r)load_quad(from, 100), c = (u32r)load_quad(from, 104);
    scales[0] = (u8r)((a & 0x0F0F0F0F) | (c & 0x03030303) << 4);
    scales[1] = (u8r)((m & 0x0F0F0F0F) | (c >> 2 & 0x03030303) << 4);
    scales[2] = (u8r)((a >> 4 & 0x0F0F0F0F) | (c >> 4 & 0x03030303) << 4);
    scales[3] = (u8r)((m >> 4 & 0x0F0F0F0F) | (c >> 6 & 0x03030303) << 4);
    UNROLL for (int pair = 0; pair < 8; pair++) {
        i32r low = signed_scale(scales[pair / 2], pair % 2 * 2, 32), high = signed_scale(scales[pair / 2], pair % 2 * 2 + 1, 32);
        put_signed_scale(to, from, 2 * pair, low);
        put_signed_scale(to, from, 2 * pair + 1, high);
        put_mins(to, from, pair, low * 4, high * 4);
    }
    f32r d = load_halves(from, 108);
    put_floats(to->large.d, from, d);
    put_floats(to->large.dmin, from, d);
    UNROLL for (int i = 0; i < 2; i++) {
        // That of element 32 * s + l is bit s of byte l.
        u8r third[4];
        load_quads(from, 16 * i, third);
        UNROLL for (int half = 0; half < 2; half++) two_bits(to, from, 32, half, i, third);
    }
}

TB_INLINE void IQ4_XS_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    u8r head = load_quad(from, 0);
    u32r high = (u32r)head >> 16, low = (u32r)load_quad(from, 4);
    i32r scales[8];
    UNROLL for (int s = 0; s < 8; s++) {
        scales[s] = (i32r)((low >> 4 * s & 15) | (high >> 2 * s & 3) << 4) - 32;
        put_signed_scale(to, from, 2 * s, scales[s]);
        i32r m = SIGNED_CODES ? scales[s] * 0 : scales[s] * 128;
        put_mins(to, from, s, m, m);
    }
    put_floats(to->large.d, from, low_halves(head));
    i32r below = {};
    UNROLL for (int s = 0; s < 8; s++) {
        u8r q[8];
        nibbles(from, 8 + 16 * s, q);
        UNROLL for (int j = 0; j < 8; j++) q[j] = signed_codes(look_up(IQ4_VALUES, q[j]));
        put_block(to, from, s, q);
        below += scales[s] * below_zero(q);
    }
    if (!WIDE_SUMS && !from->act) put_words(to->large.below, from, (u8r)below);
}

// Ternary codes are 1 too high, so the sum of the activations is taken off once.
TB_INLINE void put_ternary_scales(panel* to, const row_blocks* from, f32r d) {
    i32r one = (i32r){} + 1;
    UNROLL for (int pair = 0; pair < 8; pair++) put_mins(to, from, pair, one, one);
    put_floats(to->large.d, from, d);
    put_floats(to->large.dmin, from, d);
}
TB_INLINE void TQ2_0_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    all_two_bits(to, from, 0);
    put_ternary_scales(to, from, load_halves(from, 64));
}

// A byte is a fraction of 256 whose digits in base 3 are the codes: the next one, and what is left of the byte. Bytes are kept 128 too low, as signed ones compare
// in one step, and three times 128 is 128 again.
TB_INLINE u8r next_digit(u8r* fraction) {
    typedef VECTOR(i8, 4 * ROWS) i8r;
    i8r f = (i8r)*fraction;
    *fraction += *fraction + *fraction;
    return (u8r)-((f > 85 - 128) + (f > 170 - 128));
}
TB_INLINE void TQ1_0_unpack(panel* to, row_blocks* from, int b) {
    (void)b;
    u8r q[4];
    UNROLL for (int i = 0; i < 2; i++) {
        load_quads(from, 16 * i, q);
        UNROLL for (int j = 0; j < 4; j++) {
            q[j] ^= 128;
            UNROLL for (int digit = 0; digit < 5; digit++) put_quad(to, from, 8 * digit + 4 * i + j, next_digit(q + j));
        }
    }
    load_quads(from, 32, q);
    UNROLL for (int j = 0; j < 4; j++) {
        q[j] ^= 128;
        UNROLL for (int digit = 0; digit < 5; digit++) put_quad(to, from, 40 + 4 * digit + j, next_digit(q + j));
    }
    u8r last = load_quad(from, 48) ^ 128;
    UNROLL for (int digit = 0; digit < 4; digit++) put_quad(to, from, 60 + digit, next_digit(&last));
    put_ternary_scales(to, from, load_halves(from, 52));
}

#endif
