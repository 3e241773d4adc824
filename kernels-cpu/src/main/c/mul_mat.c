// MUL_MAT of quantized weights: d[n, m] = sum over k of a[k, n] * b[k, m].
//
// b is rounded to signed bytes first: 32 neighbouring elements of a column (256, for weights in blocks of 256) share a scale. Then 256 columns of a few rows of a are
// unpacked to a panel, which stays in the first cache while the columns of b pass by, and so on along k. Products of bytes are summed exactly; one float sum an element of d
// goes through the blocks in their order. So neither the number of columns nor a row's place among others changes a bit.
#include "large_blocks.h"
#include "mul_mat.h"
#include "packing.h"
#include "small_blocks.h"

enum { Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8, Q2_K = 10, Q3_K = 11, Q4_K = 12, Q5_K = 13, Q6_K = 14, IQ4_NL = 20, IQ4_XS = 23, TQ1_0 = 34, TQ2_0 = 35, MXFP4 = 39 };

// What is taken off or added for each block: nothing but a whole number, or a min times the activations' sum.
enum { OFFSET, MIN };

// What the codes of blocks of 32 are too high by.
TB_INLINE i32 offset_of(i32 type) {
    switch (type) {
    case Q4_0: return 8;
    case Q5_0: return 16;
    case MXFP4: return 12;
    case Q8_0:
    case IQ4_NL: return SIGNED_CODES ? 0 : 128;
    default: return 0;
    }
}
TB_INLINE int has_min(i32 type) { return type == Q4_1 || type == Q5_1; }
TB_INLINE int is_small(i32 type) { return type == Q4_0 || type == Q4_1 || type == Q5_0 || type == Q5_1 || type == Q8_0 || type == IQ4_NL || type == MXFP4; }
TB_INLINE i64 chunks_of(i64 k) { return (k + CHUNK - 1) / CHUNK; }
// Blocks of 32 in a chunk; only the last may hold fewer than 8.
TB_INLINE int blocks_in(i64 k, i64 c) { return k - c * CHUNK < CHUNK ? (int)(k - c * CHUNK) / 32 : 8; }

// ---- Activations ----

TB_INLINE float largest(const float* x, int count) {
    f32x8 most = {};
    for (int i = 0; i < count; i += 8) most = __builtin_elementwise_max(most, __builtin_elementwise_abs(LOAD(f32x8, x + i)));
    float m = 0;
    for (int i = 0; i < 8; i++) m = most[i] > m ? most[i] : m;
    return m;
}

// Rounds to bytes, halves to the even one, and returns their sum.
TB_INLINE i32 put_bytes(const float* x, int count, float inverse, i8* bytes) {
    const float magic = 12582912; // 1.5 * 2^23: a sum with it is a whole number away
    i32x8 sums = {};
    for (int i = 0; i < count; i += 8) {
        typedef VECTOR(i8, 8) i8x8;
        f32x8 shifted = LOAD(f32x8, x + i) * inverse + magic;
        i32x8 v = (i32x8)shifted - (i32x8)(magic - (f32x8){});
        sums += v;
        STORE(i8x8, bytes + i, __builtin_convertvector(v, i8x8));
    }
    i32 sum = 0;
    for (int i = 0; i < 8; i++) sum += sums[i];
    return sum;
}

TB_INLINE float inverse_of(float most) { return most > 0 ? 127 / most : 0; }

TB_INLINE void round_small(i32 type, const float* x, int blocks, activations* to) {
    for (int b = 0; b < blocks; b++) {
        float most = largest(x + 32 * b, 32);
        i32 sum = put_bytes(x + 32 * b, 32, inverse_of(most), to->bytes + 32 * b);
        to->small.d[b] = most / 127;
        if (has_min(type)) {
            to->small.sum[b] = most / 127 * (float)sum;
        } else {
            to->small.offset[b] = sum * offset_of(type);
        }
    }
}

TB_INLINE void round_large(const float* x, activations* to) {
    float most = largest(x, CHUNK);
    for (int s = 0; s < 16; s++) to->large.sums[s] = (i16)put_bytes(x + 16 * s, 16, inverse_of(most), to->bytes + 16 * s);
    to->large.d = most / 127;
}

// Rounds columns `from` to `to`.
TB_KERNEL(mul_mat_quantize) {
    const mul_mat* op = (const mul_mat*)arguments;
    i32 type = (i32)op->type;
    for (i64 j = from; j < to; j++) {
        const float* x = (const float*)(op->b + op->b_at[j]);
        for (i64 c = 0; c < chunks_of(op->k); c++) {
            activations* act = (activations*)op->act + c * op->columns + j;
            if (is_small(type)) {
                round_small(type, x + c * CHUNK, blocks_in(op->k, c), act);
            } else {
                round_large(x + c * CHUNK, act);
            }
        }
    }
}

// ---- Products ----
//
// A tile is `panels` times LANES rows with `columns` columns; sums of column j are at sum + j * panels.

#define MOST_PANELS 2
#define MOST_COLUMNS 4
#define EACH_PANEL UNROLL for (int p = 0; p < panels; p++)
#define EACH_COLUMN UNROLL for (int c = 0; c < columns; c++)

// Adds `quads` quads' products, times the rows' scales, to whole. depth: quads until parts have to be folded.
TB_INLINE void multiply_quads(const panel* w, const activations* act, i32v whole[MOST_PANELS][MOST_COLUMNS], int panels, int columns, i64 quad_at, int quads, int depth, i64 scale) {
    UNROLL for (int first = 0; first < quads; first += depth) {
        part sum[MOST_PANELS][MOST_COLUMNS];
        EACH_PANEL EACH_COLUMN sum[p][c] = (part){};
        UNROLL for (int i = first; i < first + depth; i++) {
            quad codes[MOST_PANELS];
            EACH_PANEL codes[p] = load_codes(w[p].codes[quad_at + i]);
            EACH_COLUMN {
                quad a = splat_bytes(act[c].bytes + 4 * (quad_at + i));
                EACH_PANEL {
                    sum[p][c] = add_products(sum[p][c], codes[p], a);
                    IN_ORDER(sum[p][c]);
                }
            }
        }
        EACH_PANEL EACH_COLUMN {
            whole[p][c] = scale < 0 ? fold_one(whole[p][c], sum[p][c]) : fold(whole[p][c], sum[p][c], w[p].large.scales[scale]);
            IN_ORDER(whole[p][c]);
        }
    }
}

// The same where codes may be signed.
TB_INLINE void multiply_any_quads(const panel* w, const activations* act, i32v whole[MOST_PANELS][MOST_COLUMNS], int panels, int columns, i64 quad_at, int quads, int depth, i64 scale, int is_signed) {
#if !WIDE_SUMS
    if (is_signed) {
        UNROLL for (int i = 0; i < quads; i++) {
            quad size[MOST_PANELS], negative[MOST_PANELS];
            EACH_PANEL {
                quad codes = load_codes(w[p].codes[quad_at + i]);
                negative[p] = negatives(codes);
                size[p] = magnitudes(codes);
            }
            EACH_COLUMN {
                quad a = splat_bytes(act[c].bytes + 4 * (quad_at + i));
                EACH_PANEL {
                    part sum = lifted_products(size[p], negative[p], a);
                    whole[p][c] = scale < 0 ? fold_one(whole[p][c], sum) : fold(whole[p][c], sum, w[p].large.scales[scale]);
                    IN_ORDER(whole[p][c]);
                }
            }
        }
        return;
    }
#endif
    (void)is_signed;
    multiply_quads(w, act, whole, panels, columns, quad_at, quads, depth, scale);
}

TB_INLINE void small_tile(const panel* w, int blocks, const activations* act, f32v* sum, int panels, int columns, int depth, int sub, int form, int is_signed) {
    (void)sub;
    for (i64 b = 0; b < blocks; b++) {
        i32v whole[MOST_PANELS][MOST_COLUMNS];
        EACH_PANEL EACH_COLUMN whole[p][c] = !WIDE_SUMS && is_signed ? LOAD(i32v, w[p].small.below[b]) : (i32v){};
        multiply_any_quads(w, act, whole, panels, columns, 8 * b, 8, depth, -1, is_signed);
        EACH_COLUMN EACH_PANEL {
            f32v s = sum[c * panels + p];
            if (form == OFFSET) whole[p][c] -= act[c].small.offset[b];
            s = FMA(TO_F32V(whole[p][c]), LOAD(f32v, w[p].small.d[b]) * act[c].small.d[b], s);
            if (form == MIN) s = FMA(LOAD(f32v, w[p].small.m[b]), splat_f32v(act[c].small.sum[b]), s);
            sum[c * panels + p] = s;
        }
    }
}

TB_INLINE void large_tile(const panel* w, const activations* act, f32v* sum, int panels, int columns, int depth, int sub, int form, int is_signed) {
    i32v whole[MOST_PANELS][MOST_COLUMNS];
    EACH_PANEL EACH_COLUMN whole[p][c] = !WIDE_SUMS && is_signed ? LOAD(i32v, w[p].large.below) : (i32v){};
    // Not unrolled: the code of one sub-block stays in the first cache.
    _Pragma("clang loop unroll(disable)") for (i64 s = 0; s < CHUNK / sub; s++) {
        multiply_any_quads(w, act, whole, panels, columns, s * (sub / 4), sub / 4, depth, sub == CHUNK ? -1 : s * (sub / 16), is_signed);
    }
    EACH_COLUMN EACH_PANEL {
        i32v taken = {};
        UNROLL for (int pair = 0; pair < 8; pair++) taken = add_pairs(taken, w[p].large.mins[pair], load_i32(act[c].large.sums + 2 * pair));
        i32v product = form == OFFSET ? whole[p][c] - taken : whole[p][c];
        f32v s = FMA(TO_F32V(product), LOAD(f32v, w[p].large.d) * act[c].large.d, sum[c * panels + p]);
        if (form == MIN) s = FMA(-TO_F32V(taken), LOAD(f32v, w[p].large.dmin) * act[c].large.d, s);
        sum[c * panels + p] = s;
    }
}

// Adds the products of `panels` panels with all columns to sum.
typedef void multiplier(const panel* w, int panels, int blocks, const activations* act, i64 columns, f32v* sum);

// `wide` columns at a time with two panels, as many as there are registers for.
#define MULTIPLIER(name, wide, tile, ...)                                                                                        \
    static void name(const panel* w, int panels, int blocks, const activations* act, i64 columns, f32v* sum) {                   \
        (void)blocks;                                                                                                            \
        i64 j = 0;                                                                                                               \
        if (panels == 1) {                                                                                                       \
            for (; j + 4 <= columns; j += 4) tile(w, __VA_ARGS__(blocks) act + j, sum + j, 1, 4, name##_WAY);                    \
            for (; j < columns; j++) tile(w, __VA_ARGS__(blocks) act + j, sum + j, 1, 1, name##_WAY);                            \
        } else {                                                                                                                 \
            for (; j + wide <= columns; j += wide) tile(w, __VA_ARGS__(blocks) act + j, sum + 2 * j, 2, wide, name##_WAY);       \
            for (; j < columns; j++) tile(w, __VA_ARGS__(blocks) act + j, sum + 2 * j, 2, 1, name##_WAY);                        \
        }                                                                                                                        \
    }
#define WITH_BLOCKS(blocks) blocks,
#define WITHOUT_BLOCKS(blocks)

// Quads before a fold: 8 of codes up to 15, 4 up to 31, 2 up to 63, one signed; any number where sums are wide.
#define DEPTH(quads, narrow) (WIDE_SUMS ? (quads) : (narrow))
#define nibble_offset_WAY DEPTH(8, 8), 0, OFFSET, 0
#define nibble_min_WAY DEPTH(8, 8), 0, MIN, 0
#define fifth_offset_WAY DEPTH(8, 4), 0, OFFSET, 0
#define fifth_min_WAY DEPTH(8, 4), 0, MIN, 0
#define byte_signed_WAY DEPTH(8, 1), 0, OFFSET, 1
#define k_nibble_WAY DEPTH(8, 8), 32, MIN, 0
#define k_fifth_WAY DEPTH(8, 4), 32, MIN, 0
#define k_two_WAY DEPTH(4, 4), 16, MIN, 0
#define k_three_WAY DEPTH(4, 4), 16, OFFSET, 0
#define k_six_WAY DEPTH(4, 2), 16, OFFSET, 0
#define k_signed_WAY DEPTH(8, 1), 32, OFFSET, 1
#define k_ternary_WAY 64, CHUNK, OFFSET, 0
MULTIPLIER(nibble_offset, 4, small_tile, WITH_BLOCKS)
MULTIPLIER(nibble_min, 4, small_tile, WITH_BLOCKS)
MULTIPLIER(fifth_offset, 2, small_tile, WITH_BLOCKS)
MULTIPLIER(fifth_min, 2, small_tile, WITH_BLOCKS)
MULTIPLIER(byte_signed, 4, small_tile, WITH_BLOCKS)
MULTIPLIER(k_nibble, 2, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_fifth, 2, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_two, 2, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_three, 2, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_six, 2, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_signed, 4, large_tile, WITHOUT_BLOCKS)
MULTIPLIER(k_ternary, 4, large_tile, WITHOUT_BLOCKS)

// ---- Rows ----

// What a thread computes with.
typedef struct {
    const u8* a;
    i64 nb_a, k;
    int is_packed;
    const activations* act;
    i64 columns;
    u8* d;
    const i64* d_at;
    u8* scratch;
} product;

// What Java goes by: rows that are packed together, bytes of 256 rounded elements of a column, and of the memory that a thread needs, by itself and for
// each column besides.
TB_EXPORT const i64 TB(mul_mat_sizes)[] = {ROWS, sizeof(activations), MOST_PANELS * sizeof(panel), MOST_PANELS * sizeof(f32v)};

// The blocks of a format: `chunk` of them are 256 columns.
typedef struct {
    i64 bytes;
    int chunk;
    i64 head;
    placer* place;
} block_form;

// 256 columns of ROWS rows of any format.
typedef struct {
    _Alignas(64) u8 bytes[ROWS * 8 * 34];
} packed_chunk;

// Chunk c of the ROWS rows at `row`, packed: where it lies, or in `room`. Rows past the end are others again.
TB_INLINE const u8* chunk_at(const product* p, i64 row, i64 end, i64 c, block_form form, packed_chunk* room) {
    i64 at = c * form.chunk * form.bytes;
    if (p->is_packed) return p->a + p->nb_a * (row < end ? row : end - ROWS) + at * ROWS;
    const u8* rows[ROWS];
    UNROLL for (int i = 0; i < ROWS; i++) rows[i] = p->a + p->nb_a * (row + i < end ? row + i : end - 1) + at;
    int blocks = form.chunk == 1 ? 1 : blocks_in(p->k, c);
    for (i64 b = 0; b < blocks * form.bytes; b += form.bytes) pack_block(rows, b, form.bytes, form.head, form.place, room->bytes + ROWS * b);
    return room->bytes;
}

// Asks for a part of what is read after the rows at hand: bytes `at` to `at + size` of the rows behind them.
TB_INLINE void ask_ahead(const product* p, i64 row, i64 rows, i64 end, i64 at, i64 size) {
    if (row + 2 * rows > end) return;
    const u8* next = p->a + p->nb_a * (row + rows) + at;
    for (i64 i = 0; i < size; i += 64) __builtin_prefetch(next + i, 0, 3);
}

typedef void unpacker(panel* to, row_blocks* from, int block);

// How far ahead a packed matrix is asked for. Rows that lie apart are asked for when those before them are read.
#define AHEAD_BYTES 4096

#define EACH_FEW UNROLL for (int j = 0; j < columns; j++)

// ROWS rows with `columns` columns, `column` being the first.
TB_INLINE void multiply_few(const product* p, i64 row, i64 end, i64 column, int columns, block_form form, unpacker* unpack, int depth, int sub, int way, int is_signed) {
    packed_chunk room;
    panel scales;
    row_part sum[MOST_FEW][QUADS];
    i32r whole[MOST_FEW];
    f32r s[MOST_FEW];
    EACH_FEW s[j] = (f32r){};
    row_blocks from = {.place = form.place, .columns = columns, .sum = sum, .whole = whole, .depth = depth, .sub = sub, .is_signed = is_signed};
    from.ahead = p->a + (p->is_packed ? p->nb_a * row + AHEAD_BYTES : p->nb_a * (row + ROWS));
    from.ahead_lines = (int)(form.bytes * ROWS + 63) / 64;
    from.ahead_quads = QUADS / form.chunk;
    for (i64 c = 0; c < chunks_of(p->k); c++) {
        const activations* act = p->act + c * p->columns + column;
        from.act = act;
        from.at = chunk_at(p, row, end, c, form, &room);
        int blocks = sub == 0 ? blocks_in(p->k, c) : 1;
        for (int b = 0; b < blocks; b++) {
            from.act_at = 32 * b;
            EACH_FEW whole[j] = (i32r){};
            unpack(&scales, &from, 0);
            from.at += ROWS * form.bytes;
            from.ahead += ROWS * form.bytes;
            EACH_FEW {
                if (sub == 0) {
                    if (way == OFFSET) whole[j] -= act[j].small.offset[b];
                    s[j] = FMA(TO_F32R(whole[j]), LOAD(f32r, scales.small.d[0]) * act[j].small.d[b], s[j]);
                    if (way == MIN) s[j] = FMA(LOAD(f32r, scales.small.m[0]), splat_f32r(act[j].small.sum[b]), s[j]);
                } else {
                    i32r taken = {};
                    UNROLL for (int pair = 0; pair < 8; pair++) taken = add_row_pairs(taken, scales.large.mins[pair], load_i32(act[j].large.sums + 2 * pair));
                    if (way == OFFSET) whole[j] -= taken;
                    s[j] = FMA(TO_F32R(whole[j]), LOAD(f32r, scales.large.d) * act[j].large.d, s[j]);
                    if (way == MIN) s[j] = FMA(-TO_F32R(taken), LOAD(f32r, scales.large.dmin) * act[j].large.d, s[j]);
                }
            }
        }
    }
    EACH_FEW {
        float* to = (float*)(p->d + p->d_at[column + j]) + row;
        if (end - row >= ROWS) {
            STORE(f32r, to, s[j]);
        } else {
            for (i64 i = 0; i < end - row; i++) to[i] = s[j][i];
        }
    }
}

TB_INLINE void multiply_many(const product* p, i64 first, i64 end, block_form form, unpacker* unpack, multiplier* multiply) {
    packed_chunk room;
    panel* w = (panel*)p->scratch;
    f32v* sums = (f32v*)(p->scratch + MOST_PANELS * sizeof(panel));
    i64 chunk_bytes = form.chunk * form.bytes;
    for (i64 row = first; row < end;) {
        int panels = end - row > LANES ? 2 : 1;
        i64 rows = panels * LANES;
        for (i64 i = 0; i < panels * p->columns; i++) sums[i] = (f32v){};
        for (i64 c = 0; c < chunks_of(p->k); c++) {
            ask_ahead(p, row, rows, end, c * chunk_bytes * rows, chunk_bytes * rows);
            int blocks = blocks_in(p->k, c);
            for (i64 r = 0; r < rows; r += ROWS) {
                row_blocks from = {.at = chunk_at(p, row + r, end, c, form, &room), .place = form.place, .lane = (int)(r % LANES)};
                for (int b = 0; b < blocks && b < form.chunk; b++) {
                    unpack(w + r / LANES, &from, b);
                    from.at += ROWS * form.bytes;
                }
            }
            multiply(w, panels, blocks, p->act + c * p->columns, p->columns, sums);
        }
        for (i64 j = 0; j < p->columns; j++) {
            float* to = (float*)(p->d + p->d_at[j]) + row;
            for (int g = 0; g < panels; g++, to += LANES) {
                i64 left = end - row - g * LANES;
                f32v s = sums[j * panels + g];
                if (left >= LANES) {
                    STORE(f32v, to, s);
                } else {
                    for (i64 i = 0; i < left; i++) to[i] = s[i];
                }
            }
        }
        row += rows;
    }
}

// type, bytes of a block, blocks in 256 columns, way to multiply, order of the packed units, columns at once where there are few: four where that is worth the code
#define FORMATS(FORMAT)                             \
    FORMAT(Q4_0, 18, 8, nibble_offset, as_it_is, 4) \
    FORMAT(Q4_1, 20, 8, nibble_min, as_it_is, 2)    \
    FORMAT(Q5_0, 22, 8, fifth_offset, as_it_is, 2)  \
    FORMAT(Q5_1, 24, 8, fifth_min, as_it_is, 2)     \
    FORMAT(Q8_0, 34, 8, byte_signed, as_it_is, 4)   \
    FORMAT(IQ4_NL, 18, 8, byte_signed, as_it_is, 2) \
    FORMAT(MXFP4, 17, 8, fifth_offset, as_it_is, 2) \
    FORMAT(Q2_K, 84, 1, k_two, Q2_K_place, 2)       \
    FORMAT(Q3_K, 110, 1, k_three, Q3_K_place, 2)    \
    FORMAT(Q4_K, 144, 1, k_nibble, as_it_is, 4)     \
    FORMAT(Q5_K, 176, 1, k_fifth, Q5_K_place, 2)    \
    FORMAT(Q6_K, 210, 1, k_six, Q6_K_place, 4)      \
    FORMAT(IQ4_XS, 136, 1, k_signed, as_it_is, 2)   \
    FORMAT(TQ1_0, 54, 1, k_ternary, as_it_is, 2)    \
    FORMAT(TQ2_0, 66, 1, k_ternary, as_it_is, 2)

#define FORM(bytes, blocks, place) ((block_form){bytes, blocks, head_bytes(bytes, blocks != 1), place})

// Below this many columns unpacking to a panel costs more than it saves.
#define MANY 8

#define ROWS_OF(type, bytes, blocks, way, place, few)                                                                          \
    static void type##_rows(const product* p, i64 first, i64 end) {                                                            \
        const block_form form = FORM(bytes, blocks, place);                                                                    \
        if (p->columns >= MANY) {                                                                                              \
            multiply_many(p, first, end, form, type##_unpack, way);                                                            \
            return;                                                                                                            \
        }                                                                                                                      \
        for (i64 row = first; row < end; row += ROWS) {                                                                        \
            i64 j = 0;                                                                                                         \
            for (; few == 4 && j + 4 <= p->columns; j += 4) multiply_few(p, row, end, j, few, form, type##_unpack, way##_WAY); \
            for (; j + 2 <= p->columns; j += 2) multiply_few(p, row, end, j, 2, form, type##_unpack, way##_WAY);               \
            for (; j < p->columns; j++) multiply_few(p, row, end, j, 1, form, type##_unpack, way##_WAY);                       \
        }                                                                                                                      \
    }
FORMATS(ROWS_OF)

// Rows `from` to `to` of a with all columns. Of a packed matrix `from` is a multiple of the rows that are packed together, and so is the number of its rows.
TB_KERNEL(mul_mat) {
    const mul_mat* op = (const mul_mat*)arguments;
    product p = {op->a, op->nb_a, op->k, (int)op->is_packed, op->act, op->columns, op->d, op->d_at, (u8*)scratch};
    switch (op->type) {
#define CASE(type, bytes, blocks, way, place, few) \
    case type: type##_rows(&p, from, to); return;
        FORMATS(CASE)
    }
}

// ---- Packed matrices ----

// In the order in which Packer.java writes it.
typedef struct {
    i64 type;
    const u8* from;
    i64 row_bytes;
    u8* to;
} packing;

#define PACK(type, bytes, blocks, way, place, few) \
    case type: for (i64 at = 0; at < op->row_bytes; at += bytes) pack_block(rows, at, bytes, head_bytes(bytes, blocks != 1), place, room + ROWS * at); break;

// Packs groups `from` to `to`, of rows one behind the other, to the same place of op->to, which may be op->from. `scratch` has space for a group.
TB_KERNEL(mul_mat_pack) {
    const packing* op = (const packing*)arguments;
    u8* room = (u8*)scratch;
    for (i64 group = from; group < to; group++) {
        const u8* rows[ROWS];
        UNROLL for (int i = 0; i < ROWS; i++) rows[i] = op->from + op->row_bytes * (ROWS * group + i);
        switch (op->type) { FORMATS(PACK) }
        __builtin_memcpy(op->to + op->row_bytes * ROWS * group, room, (u64)(op->row_bytes * ROWS));
    }
}

#define UNPACK(type, bytes, blocks, way, place, few) \
    case type: for (i64 at = 0; at < op->row_bytes; at += bytes) unpack_block(group + ROWS * at, in_group, bytes, head_bytes(bytes, blocks != 1), place, to + at); return;

static void unpack_row(const packing* op, i64 row, u8* to) {
    const u8* group = op->from + op->row_bytes * (row - row % ROWS);
    int in_group = (int)(row % ROWS);
    switch (op->type) { FORMATS(UNPACK) }
}

// Rows `from` to `to` of a packed matrix, one behind the other in `scratch`.
TB_KERNEL(mul_mat_unpack_rows) {
    const packing* op = (const packing*)arguments;
    for (i64 row = from; row < to; row++) unpack_row(op, row, (u8*)scratch + op->row_bytes * (row - from));
}

// What mul_mat_pack did, undone.
TB_KERNEL(mul_mat_unpack) {
    const packing* op = (const packing*)arguments;
    u8* room = (u8*)scratch;
    for (i64 group = from; group < to; group++) {
        for (int row = 0; row < ROWS; row++) unpack_row(op, ROWS * group + row, room + op->row_bytes * row);
        __builtin_memcpy(op->to + op->row_bytes * ROWS * group, room, (u64)(op->row_bytes * ROWS));
    }
}
