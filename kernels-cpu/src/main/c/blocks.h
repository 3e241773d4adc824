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

#endif
