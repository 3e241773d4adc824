// FLASH_ATTN_EXT: Σ softmax(scale·q·k + slope·mask)·v per query and head, without the matrix of scores (Dao et al. 2022).
//
// The rows of one tile are queries of heads that share a head of K and V, so that each cell of the cache is read once for all of them.
// Cells come in blocks of 64 from cell 0 on. A row meets a block in this order, whichever rows share its tile:
// scores, their greatest, a smaller weight for what was summed before if that is a new greatest, then Σ and the sum of V cell by cell.
// A cell at −∞ adds 0 to sums that are never −0, and a block of such cells is left out: both change no bit.
#include "rows.h"
#include "vec.h"

enum { F32 = 0, F16 = 1, BF16 = 30, Q8_0 = 8 };

typedef struct {
    tb_rows d, q, k, v; // d's dimensions are [dv, heads, queries, z], the others' [columns, queries or cells, heads, z]
    int64_t dk, dv, cells;
    int64_t queries, heads, kv_heads, kv_z_ratio;
    int64_t k_type, v_type;
    double scale, softcap;
    tb_rows mask; // F16; address 0 where there is none
    int64_t mask_ne2, mask_ne3;
    int64_t slopes; // of each head; 0 where all are 1
    int64_t sinks;  // of each head; 0 where there are none
    int64_t tile_rows, tiles;
} flash_attn_ext;

#define BLOCK 64     // cells that a row's scores are held of
#define PART 16      // cells that are held as floats
#define MOST_ROWS 32 // of the tiles in hand; as FlashAttnExtCpu.java

#if TB_HAS_32_REGISTERS
#define SCORE_ROWS 4
#else
#define SCORE_ROWS 2
#endif
#define VALUE_ROWS 4
#define VALUE_VECTORS 2

// What a tile works on. Rows of floats are padded to whole vectors with zeros.
typedef struct {
    int64_t first_row, kv_head, z, rows;
    int64_t dk, dv;
    double *totals;                              // of the weights of each row
    float *q, *sums, *greatest;                  // of each row, sums being V's
    float *scores, *masks, *top, *bottom, *part; // for the block in hand: top and bottom are the greatest and the least of all masks
} tile;

TB_INLINE int64_t padded(int64_t columns) {
    return (columns + TB_LANES - 1) / TB_LANES * TB_LANES;
}

// Rows of a tile are numbered by query, then by head of the group that shares a head of K.
TB_INLINE int64_t query_of(const tile *t, const flash_attn_ext *op, int64_t row) {
    return (t->first_row + row) / (op->heads / op->kv_heads);
}

TB_INLINE int64_t head_of(const tile *t, const flash_attn_ext *op, int64_t row) {
    int64_t group = op->heads / op->kv_heads;
    return t->kv_head * group + (t->first_row + row) % group;
}

TB_INLINE float of_head(int64_t floats, int64_t head) {
    return TB_LOAD(float, (const char *)floats + 4 * head);
}

static void clear(float *to, int64_t count) {
    for (int64_t i = 0; i < count; i += TB_LANES) {
        vf_store(to + i, (vf){0});
    }
}

// A row of K or V, `columns` of it, as floats.
TB_INLINE void widen(float *to, const char *from, int64_t columns, int64_t type) {
    int64_t i = 0;
    switch (type) {
    case F16:
        for (; i + TB_LANES <= columns; i += TB_LANES) {
            vf_store(to + i, vf_load_f16(from + 2 * i));
        }
        if (i < columns) {
            vf_store(to + i, vf_load_f16_part(from + 2 * i, columns - i));
        }
        break;
    case BF16:
        for (; i + TB_LANES <= columns; i += TB_LANES) {
            vf_store(to + i, vf_load_bf16(from + 2 * i));
        }
        if (i < columns) {
            vf_store(to + i, vf_load_bf16_part(from + 2 * i, columns - i));
        }
        break;
    case Q8_0: // blocks of an F16 scale and 32 bytes
        for (; i < columns; i += 32, from += 34) {
            float d = vf_load_f16_part(from, 1)[0];
            for (int j = 0; j < 32; j += TB_LANES) {
                vf_store(to + i + j, vf_load_i8(from + 2 + j) * d);
            }
        }
        break;
    default:
        for (; i + TB_LANES <= columns; i += TB_LANES) {
            vf_store(to + i, vf_load(from + 4 * i));
        }
        if (i < columns) {
            vf_store(to + i, vf_load_part(from + 4 * i, columns - i));
        }
    }
}

// Widens those of PART cells that some row sees; the others keep whatever floats are there.
TB_INLINE void widen_part(const tile *t, const flash_attn_ext *op, int is_value, const char *rows, int64_t nb1, int64_t first) {
    int64_t columns = is_value ? op->dv : op->dk;
    int64_t type = is_value ? op->v_type : op->k_type;
    int64_t width = is_value ? t->dv : t->dk;
    for (int64_t j = 0; j < PART; j++) {
        int64_t cell = first + j;
        float *to = t->part + j * width;
        if (t->top[cell % BLOCK] == -TB_INFINITY) {
            if (is_value) {
                clear(to, width);
            }
            continue;
        }
        const char *from = rows + cell * nb1;
        // The cells after these, so that a row that is one of many heads' is there when it is asked for.
        __builtin_prefetch(from + PART * nb1);
        __builtin_prefetch(from + PART * nb1 + 64);
        switch (type) {
        case F16:
            widen(to, from, columns, F16);
            break;
        case BF16:
            widen(to, from, columns, BF16);
            break;
        case Q8_0:
            widen(to, from, columns, Q8_0);
            break;
        default:
            widen(to, from, columns, F32);
        }
    }
}

// The products of `rows` rows of q and four cells.
TB_INLINE void score_tile(const tile *t, int64_t row, int64_t part, int64_t block_cell, int rows) {
    const float *q = t->q + row * t->dk;
    const float *k = t->part + part * t->dk;
    vf sums[SCORE_ROWS][4];
#pragma unroll
    for (int r = 0; r < rows; r++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            sums[r][c] = (vf){0};
        }
    }
    for (int64_t i = 0; i < t->dk; i += TB_LANES) {
        vf cell[4];
#pragma unroll
        for (int c = 0; c < 4; c++) {
            cell[c] = vf_load(k + c * t->dk + i);
        }
#pragma unroll
        for (int r = 0; r < rows; r++) {
            vf x = vf_load(q + r * t->dk + i);
#pragma unroll
            for (int c = 0; c < 4; c++) {
                sums[r][c] = vf_fma(x, cell[c], sums[r][c]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < rows; r++) {
        tb_f4 s = vf_sums(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
        __builtin_memcpy(t->scores + (row + r) * BLOCK + block_cell, &s, sizeof s);
    }
}

static void score_part(const tile *t, int64_t block_cell) {
    for (int64_t c = 0; c < PART; c += 4) {
        int64_t row = 0;
        for (; row + SCORE_ROWS <= t->rows; row += SCORE_ROWS) {
            score_tile(t, row, c, block_cell + c, SCORE_ROWS);
        }
        for (; row < t->rows; row++) {
            score_tile(t, row, c, block_cell + c, 1);
        }
    }
}

// Adds PART cells' values, weighted, to the sums of `rows` rows in `vectors` vectors of columns.
TB_INLINE void value_tile(const tile *t, int64_t row, int64_t column, int64_t block_cell, int rows, int vectors) {
    float *to = t->sums + row * t->dv + column;
    const float *v = t->part + column;
    const float *weights = t->scores + row * BLOCK + block_cell;
    vf sums[VALUE_ROWS][VALUE_VECTORS];
#pragma unroll
    for (int r = 0; r < rows; r++) {
#pragma unroll
        for (int c = 0; c < vectors; c++) {
            sums[r][c] = vf_load(to + r * t->dv + c * TB_LANES);
        }
    }
    for (int64_t j = 0; j < PART; j++) {
        vf cell[VALUE_VECTORS];
#pragma unroll
        for (int c = 0; c < vectors; c++) {
            cell[c] = vf_load(v + j * t->dv + c * TB_LANES);
        }
#pragma unroll
        for (int r = 0; r < rows; r++) {
            vf weight = vf_splat(weights[r * BLOCK + j]);
#pragma unroll
            for (int c = 0; c < vectors; c++) {
                sums[r][c] = vf_fma(weight, cell[c], sums[r][c]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < rows; r++) {
#pragma unroll
        for (int c = 0; c < vectors; c++) {
            vf_store(to + r * t->dv + c * TB_LANES, sums[r][c]);
        }
    }
}

static void value_part(const tile *t, int64_t block_cell) {
    int64_t column = 0;
    for (; column + VALUE_VECTORS * TB_LANES <= t->dv; column += VALUE_VECTORS * TB_LANES) {
        int64_t row = 0;
        for (; row + VALUE_ROWS <= t->rows; row += VALUE_ROWS) {
            value_tile(t, row, column, block_cell, VALUE_ROWS, VALUE_VECTORS);
        }
        for (; row < t->rows; row++) {
            value_tile(t, row, column, block_cell, 1, VALUE_VECTORS);
        }
    }
    for (; column < t->dv; column += TB_LANES) {
        for (int64_t row = 0; row < t->rows; row++) {
            value_tile(t, row, column, block_cell, 1, 1);
        }
    }
}

// As value_part, for values of which some are no numbers: 0 times them is not 0, so each row leaves out what it does not see.
static void value_part_seen(const tile *t, const float *const *masks, int64_t block_cell) {
    for (int64_t row = 0; row < t->rows; row++) {
        for (int64_t j = 0; j < PART; j++) {
            if (masks[row][block_cell + j] == -TB_INFINITY) {
                continue;
            }
            vf weight = vf_splat(t->scores[row * BLOCK + block_cell + j]);
            for (int64_t i = 0; i < t->dv; i += TB_LANES) {
                float *to = t->sums + row * t->dv + i;
                vf_store(to, vf_fma(weight, vf_load(t->part + j * t->dv + i), vf_load(to)));
            }
        }
    }
}

static int are_finite(const float *x, int64_t count) {
    vf zeros = {0};
    for (int64_t i = 0; i < count; i += TB_LANES) {
        zeros = vf_fma(vf_load(x + i), (vf){0}, zeros);
    }
    return vf_sum(zeros) == 0;
}

// Scores to weights, with what was summed before brought to the new greatest.
static void soften(const tile *t, const flash_attn_ext *op, int64_t row, const float *mask, float slope) {
    float *scores = t->scores + row * BLOCK;
    float scale = (float)op->scale;
    float softcap = (float)op->softcap;
    vf greatest = vf_splat(-TB_INFINITY);
    for (int64_t i = 0; i < BLOCK; i += TB_LANES) {
        vf s = vf_load(scores + i) * scale;
        if (softcap != 0) {
            s = softcap * vf_tanh(s / softcap);
        }
        vf m = vf_load(mask + i);
        vf hidden = vf_splat(-TB_INFINITY);
        s = vf_select((vi)(m == hidden), hidden, s + m * slope);
        vf_store(scores + i, s);
        greatest = vf_max(greatest, s);
    }
    float block = vf_greatest(greatest);
    if (block == -TB_INFINITY) {
        clear(scores, BLOCK);
        return;
    }
    float before = t->greatest[row];
    if (block > before) {
        float less = vf_exp(vf_splat(before - block))[0];
        t->greatest[row] = block;
        t->totals[row] *= less;
        for (int64_t i = 0; i < t->dv; i += TB_LANES) {
            float *to = t->sums + row * t->dv + i;
            vf_store(to, vf_load(to) * less);
        }
    }
    vf total = {0};
    for (int64_t i = 0; i < BLOCK; i += TB_LANES) {
        vf weight = vf_exp(vf_load(scores + i) - t->greatest[row]);
        vf_store(scores + i, weight);
        total += weight;
    }
    t->totals[row] += vf_sum(total);
}

// A query's mask over a block, as floats; −∞ after the last cell.
static void read_mask(float *to, const flash_attn_ext *op, const char *mask, int64_t first) {
    for (int64_t i = 0; i < BLOCK; i += TB_LANES) {
        int64_t left = op->cells - first - i;
        vf m = {0};
        if (mask != 0 && left >= TB_LANES) {
            m = vf_load_f16(mask + 2 * (first + i));
        } else if (mask != 0 && left > 0) {
            m = vf_load_f16_part(mask + 2 * (first + i), left);
        }
        vf_store(to + i, m);
        for (int64_t j = left < 0 ? 0 : left; j < TB_LANES; j++) {
            to[i + j] = -TB_INFINITY;
        }
    }
}

// The mask of every row of the tile over a block, rows of one query sharing theirs.
static void read_masks(const tile *t, const flash_attn_ext *op, const float **masks, int64_t first) {
    const char *last = 0;
    float *at = t->masks - BLOCK;
    for (int64_t row = 0; row < t->rows; row++) {
        const char *mask = 0;
        if (op->mask.address != 0) {
            mask = tb_row(&op->mask, query_of(t, op, row), head_of(t, op, row) % op->mask_ne2, t->z % op->mask_ne3);
        }
        if (row == 0 || mask != last) {
            at += BLOCK;
            read_mask(at, op, mask, first);
            for (int64_t i = 0; i < BLOCK; i += TB_LANES) {
                vf m = vf_load(at + i);
                vf_store(t->top + i, row == 0 ? m : vf_max(vf_load(t->top + i), m));
                vf_store(t->bottom + i, row == 0 ? m : vf_min(vf_load(t->bottom + i), m));
            }
        }
        masks[row] = at;
        last = mask;
    }
}

static int sees_part(const tile *t, int64_t block_cell) {
    float top = -TB_INFINITY;
    for (int64_t j = 0; j < PART; j++) {
        top = t->top[block_cell + j] > top ? t->top[block_cell + j] : top;
    }
    return top != -TB_INFINITY;
}

// Whether some row sees a cell that another does not.
static int is_mixed(const tile *t, int64_t block_cell) {
    for (int64_t j = block_cell; j < block_cell + PART; j++) {
        if (t->top[j] != -TB_INFINITY && t->bottom[j] == -TB_INFINITY) {
            return 1;
        }
    }
    return 0;
}

static void add_block(const tile *t, const flash_attn_ext *op, int64_t first) {
    const float *masks[MOST_ROWS];
    read_masks(t, op, masks, first);
    const char *k = tb_row(&op->k, 0, t->kv_head, t->z / op->kv_z_ratio);
    const char *v = tb_row(&op->v, 0, t->kv_head, t->z / op->kv_z_ratio);
    int is_seen = 0;
    for (int64_t c = 0; c < BLOCK; c += PART) {
        if (sees_part(t, c)) {
            is_seen = 1;
            widen_part(t, op, 0, k, op->k.nb1, first + c);
            score_part(t, c);
        }
    }
    if (!is_seen) {
        return;
    }
    for (int64_t row = 0; row < t->rows; row++) {
        soften(t, op, row, masks[row], op->slopes == 0 ? 1.0f : of_head(op->slopes, head_of(t, op, row)));
    }
    for (int64_t c = 0; c < BLOCK; c += PART) {
        if (sees_part(t, c)) {
            widen_part(t, op, 1, v, op->v.nb1, first + c);
            if (is_mixed(t, c) && !are_finite(t->part, PART * t->dv)) {
                value_part_seen(t, masks, c);
            } else {
                value_part(t, c);
            }
        }
    }
}

static void write_row(char *d, const float *sums, int64_t columns, float factor) {
    int64_t i = 0;
    for (; i + TB_LANES <= columns; i += TB_LANES) {
        vf_store(d + 4 * i, vf_load(sums + i) * factor);
    }
    if (i < columns) {
        vf_store_part(d + 4 * i, vf_load(sums + i) * factor, columns - i);
    }
}

static void begin(const tile *t, const flash_attn_ext *op) {
    clear(t->sums, t->rows * t->dv);
    for (int64_t row = 0; row < t->rows; row++) {
        int64_t head = head_of(t, op, row);
        float *q = t->q + row * t->dk;
        widen(q, tb_row(&op->q, query_of(t, op, row), head, t->z), op->dk, F32);
        t->greatest[row] = op->sinks == 0 ? -TB_INFINITY : of_head(op->sinks, head);
        t->totals[row] = t->greatest[row] == -TB_INFINITY ? 0 : 1;
    }
}

static void finish(const tile *t, const flash_attn_ext *op) {
    for (int64_t row = 0; row < t->rows; row++) {
        char *d = tb_row(&op->d, head_of(t, op, row), query_of(t, op, row), t->z);
        write_row(d, t->sums + row * t->dv, op->dv, t->totals[row] == 0 ? 0 : (float)(1 / t->totals[row]));
    }
}

// Tile `number` of all, the `place`th of those in hand.
TB_INLINE tile tile_of(const flash_attn_ext *op, int64_t number, int64_t place, int64_t scratch) {
    int64_t dk = padded(op->dk);
    int64_t dv = padded(op->dv);
    tile t = {.first_row = number % op->tiles * op->tile_rows,
              .kv_head = number / op->tiles % op->kv_heads,
              .z = number / op->tiles / op->kv_heads,
              .dk = dk,
              .dv = dv};
    int64_t rows = op->queries * (op->heads / op->kv_heads) - t.first_row;
    t.rows = rows < op->tile_rows ? rows : op->tile_rows;
    t.totals = (double *)scratch;
    t.greatest = (float *)(t.totals + MOST_ROWS);
    t.top = t.greatest + MOST_ROWS;
    t.bottom = t.top + BLOCK;
    t.scores = t.bottom + BLOCK;
    t.masks = t.scores + MOST_ROWS * BLOCK;
    t.q = t.masks + MOST_ROWS * BLOCK;
    t.sums = t.q + MOST_ROWS * dk;
    t.part = t.sums + MOST_ROWS * dv;
    int64_t row = place * op->tile_rows;
    t.totals += row;
    t.greatest += row;
    t.q += row * dk;
    t.sums += row * dv;
    return t;
}

// Computes tiles `from` to `to` of all tiles of all heads of K. The scratch memory holds, for the columns padded to 16,
// MOST_ROWS·(dk + dv + 2·BLOCK + 3) + 2·BLOCK + PART·max(dk, dv) floats.
TB_KERNEL(flash_attn_ext) {
    const flash_attn_ext *op = (const flash_attn_ext *)arguments;
    // Where a head has one tile, those of several heads take turns at each block: their cells are neighbours in memory.
    int64_t together = op->tiles == 1 ? MOST_ROWS / op->tile_rows : 1;
    for (int64_t i = from; i < to; i += together) {
        int64_t count = to - i < together ? to - i : together;
        for (int64_t j = 0; j < count; j++) {
            tile t = tile_of(op, i + j, j, scratch);
            begin(&t, op);
        }
        for (int64_t first = 0; first < op->cells; first += BLOCK) {
            for (int64_t j = 0; j < count; j++) {
                tile t = tile_of(op, i + j, j, scratch);
                add_block(&t, op, first);
            }
        }
        for (int64_t j = 0; j < count; j++) {
            tile t = tile_of(op, i + j, j, scratch);
            finish(&t, op);
        }
    }
}
