// ggml's weight blocks. Those of ROWS rows are packed first, so that what the kernels read is one stream: of each block, unit by unit, the units of all rows side by side. A unit is
// four bytes, but for the half or the byte by which some blocks begin and the half by which some end. So four neighbouring codes of ROWS rows are one vector.
// Source of the layouts within a block: ggml `ggml-common.h`, `ggml-quants.c`.
#ifndef TB_BLOCKS_H
#define TB_BLOCKS_H

#include "simd.h"

#define CHUNK 256
#define QUADS (CHUNK / 4)

// 256 columns of LANES rows, unpacked. below: of signed codes, what lifted_products leaves out.
typedef struct {
    _Alignas(64) u8 codes[QUADS][4 * LANES];
    union {
        // Blocks of 32: weight = d * code + m.
        struct {
            float d[8][LANES];
            union { float m[8][LANES]; i32 below[8][LANES]; };
        } small;
        // A block of 256: weight = d * scale * code - dmin * min. Scales of 16 sub-blocks; mins of two sub-blocks in each 32 bits.
        struct {
            i32 scales[16][LANES], mins[8][LANES];
            float d[LANES];
            union { float dmin[LANES]; i32 below[LANES]; };
        } large;
    };
} panel;

// 256 elements of a column, rounded. The chunks of all columns that meet one panel lie side by side.
typedef struct {
    i8 bytes[CHUNK];
    union {
        // For blocks of 32: scales, and for each sum the offset or the min's factor that it gives.
        struct {
            float d[8];
            union { i32 offset[8]; float sum[8]; };
        } small;
        // For blocks of 256: a scale, and the sums of 16 elements each.
        struct {
            i16 sums[16];
            float d;
        } large;
    };
} activations;

// Columns that are multiplied at once by weights that are not unpacked to a panel.
#define MOST_FEW 4

// Where in a packed block the unit at byte `at` of a row's block lies, in bytes of one row: units lie in the order in which they are read, as no hardware follows another well.
typedef i64 placer(i64 at);
TB_INLINE i64 as_it_is(i64 at) { return at; }

// A block of ROWS rows, and what becomes of its codes: they go to the lanes of a panel or, where there are few columns, are multiplied at once.
typedef struct {
    const u8* at;
    placer* place;
    int lane;
    const activations* act;  // of the first column; null where codes go to the panel
    i64 act_at;              // where in it the block begins
    int columns;
    row_part (*sum)[QUADS];  // of each column, QUADS / depth of them
    i32r* whole;             // of each column
    int depth, sub, is_signed;
    const u8* ahead;         // what is read some time after this block
    int ahead_lines, ahead_quads; // how much of it to ask for while so many quads are multiplied
} row_blocks;

// Quads of a part come in order, and their sub-block's scale before them.
TB_INLINE void put_quad(panel* to, row_blocks* from, int quad, u8r codes) {
    if (!from->act) {
        STORE(u8r, to->codes[quad] + 4 * from->lane, codes);
        return;
    }
    // Asking for much at once would wait. A prefetch may reach past the matrix.
    int line = (quad * from->ahead_lines + from->ahead_quads - 1) / from->ahead_quads;
    if (line * from->ahead_quads / from->ahead_lines == quad) __builtin_prefetch(from->ahead + 64 * line);
    UNROLL for (int c = 0; c < from->columns; c++) {
        row_part* sum = from->sum[c] + quad / from->depth;
        *sum = row_products(quad % from->depth == 0 ? (row_part){} : *sum, codes, from->act[c].bytes + from->act_at + 4 * quad, from->is_signed);
        if (quad % from->depth == from->depth - 1) {
            from->whole[c] = row_fold(from->whole[c], *sum, from->sub % CHUNK == 0 ? 0 : to->large.scales[4 * quad / from->sub * (from->sub / 16)]);
        }
    }
}
TB_INLINE void put_floats(float* to, const row_blocks* from, f32r v) { STORE(f32r, to + from->lane, v); }
TB_INLINE void put_words(i32* to, const row_blocks* from, u8r v) { STORE(u8r, to + from->lane, v); }

// Bytes `at` to `at + 16` of each row as four vectors of four bytes a row.
TB_INLINE void load_quads(const row_blocks* from, i64 at, u8r out[4]) {
    UNROLL for (int j = 0; j < 4; j++) out[j] = LOAD(u8r, from->at + ROWS * (from->place(at) + 4 * j));
}

// Four bytes at `at` of each row.
TB_INLINE u8r load_quad(const row_blocks* from, i64 at) { return LOAD(u8r, from->at + ROWS * from->place(at)); }

// A 16-bit float at `at` of each row.
TB_INLINE f32r load_halves(const row_blocks* from, i64 at) {
#if defined(__F16C__)
    return (f32r)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(from->at + ROWS * from->place(at))));
#else
    f32r v;
    UNROLL for (int r = 0; r < ROWS; r++) v[r] = f16_to_f32(load_u16(from->at + ROWS * from->place(at) + 2 * r));
    return v;
#endif
}

// The low and the high halves of words, as 16-bit floats.
TB_INLINE f32r low_halves(u8r words) {
    u32r w = (u32r)words;
#if defined(__F16C__)
    typedef VECTOR(u16, ROWS) u16r;
    return (f32r)_mm256_cvtph_ps((__m128i)__builtin_convertvector(w, u16r));
#else
    f32r v;
    UNROLL for (int r = 0; r < ROWS; r++) v[r] = f16_to_f32((u16)w[r]);
    return v;
#endif
}
TB_INLINE f32r high_halves(u8r words) { return low_halves((u8r)((u32r)words >> 16)); }

// ---- Packing ----

// Bytes `at` to `at + 16` of rows as they lie in a file, as load_quads gives them.
TB_INLINE void gather_quads(const u8* const rows[ROWS], i64 at, u8r out[4]) {
#if ROWS == 8
    __m256i r04 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[0] + at))), _mm_loadu_si128((const __m128i*)(rows[4] + at)), 1);
    __m256i r15 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[1] + at))), _mm_loadu_si128((const __m128i*)(rows[5] + at)), 1);
    __m256i r26 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[2] + at))), _mm_loadu_si128((const __m128i*)(rows[6] + at)), 1);
    __m256i r37 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[3] + at))), _mm_loadu_si128((const __m128i*)(rows[7] + at)), 1);
    __m256i a = _mm256_unpacklo_epi32(r04, r15), b = _mm256_unpackhi_epi32(r04, r15);
    __m256i c = _mm256_unpacklo_epi32(r26, r37), d = _mm256_unpackhi_epi32(r26, r37);
    out[0] = (u8r)_mm256_unpacklo_epi64(a, c);
    out[1] = (u8r)_mm256_unpackhi_epi64(a, c);
    out[2] = (u8r)_mm256_unpacklo_epi64(b, d);
    out[3] = (u8r)_mm256_unpackhi_epi64(b, d);
#else
    u32r r0 = LOAD(u32r, rows[0] + at), r1 = LOAD(u32r, rows[1] + at), r2 = LOAD(u32r, rows[2] + at), r3 = LOAD(u32r, rows[3] + at);
    u32r a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), b = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    u32r c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    out[0] = (u8r)__builtin_shufflevector(a, c, 0, 1, 4, 5);
    out[1] = (u8r)__builtin_shufflevector(a, c, 2, 3, 6, 7);
    out[2] = (u8r)__builtin_shufflevector(b, d, 0, 1, 4, 5);
    out[3] = (u8r)__builtin_shufflevector(b, d, 2, 3, 6, 7);
#endif
}

// The bytes before a block's words of four; what is behind them is a half, or nothing.
TB_INLINE i64 head_bytes(i64 block_bytes, int is_small) { return is_small ? block_bytes % 4 : 0; }

// Packs the blocks at byte `start` of ROWS rows, which lie anywhere.
TB_INLINE void pack_block(const u8* const rows[ROWS], i64 start, i64 block_bytes, i64 head, placer* place, u8* to) {
    UNROLL for (int r = 0; r < ROWS; r++) {
        UNROLL for (i64 i = 0; i < head; i++) to[head * r + i] = rows[r][start + i];
    }
    i64 at = head;
    for (; at + 16 <= block_bytes; at += 16) {
        u8r four[4];
        gather_quads(rows, start + at, four);
        UNROLL for (int j = 0; j < 4; j++) STORE(u8r, to + ROWS * (place(at) + 4 * j), four[j]);
    }
    for (; at + 4 <= block_bytes; at += 4) {
        UNROLL for (int r = 0; r < ROWS; r++) __builtin_memcpy(to + ROWS * place(at) + 4 * r, rows[r] + start + at, 4);
    }
    if (at < block_bytes) {
        UNROLL for (int r = 0; r < ROWS; r++) __builtin_memcpy(to + ROWS * place(at) + 2 * r, rows[r] + start + at, 2);
    }
}

// The block of row `r` of those that were packed.
TB_INLINE void unpack_block(const u8* packed, int r, i64 block_bytes, i64 head, placer* place, u8* to) {
    for (i64 i = 0; i < head; i++) to[i] = packed[head * r + i];
    i64 at = head;
    for (; at + 4 <= block_bytes; at += 4) __builtin_memcpy(to + at, packed + ROWS * place(at) + 4 * r, 4);
    if (at < block_bytes) __builtin_memcpy(to + at, packed + ROWS * place(at) + 2 * r, 2);
}

// ---- Blocks of 32 elements ----

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

// ---- Blocks of 256 elements ----

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
