// ROPE: turns pairs of columns by angles whose cosines and sines, times the magnitude, a table holds for each token.
#include "rows.h"
#include "vec.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    int64_t table; // for each token `pairs` cosines, then `pairs` sines
    int64_t pairs, offset;
    int64_t is_neox;
} rope;

#if TB_LANES == 16
#define TB_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define TB_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define TB_ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define TB_ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif TB_LANES == 8
#define TB_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define TB_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define TB_ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define TB_ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define TB_EVEN 0, 2, 4, 6
#define TB_ODD 1, 3, 5, 7
#define TB_ZIP_LOW 0, 4, 1, 5
#define TB_ZIP_HIGH 2, 6, 3, 7
#endif

TB_INLINE vf turned_x(vf x, vf y, vf cos, vf sin) {
    return x * cos - y * sin;
}

TB_INLINE vf turned_y(vf x, vf y, vf cos, vf sin) {
    return x * sin + y * cos;
}

// Pair i is columns i and i + pairs.
static void turn_halves(char *d, const char *a, const char *cos, const char *sin, int64_t pairs) {
    int64_t i = 0;
    for (; i + TB_LANES <= pairs; i += TB_LANES) {
        vf x = vf_load(a + 4 * i);
        vf y = vf_load(a + 4 * (i + pairs));
        vf c = vf_load(cos + 4 * i);
        vf s = vf_load(sin + 4 * i);
        vf_store(d + 4 * i, turned_x(x, y, c, s));
        vf_store(d + 4 * (i + pairs), turned_y(x, y, c, s));
    }
    if (i < pairs) {
        int64_t rest = pairs - i;
        vf x = vf_load_part(a + 4 * i, rest);
        vf y = vf_load_part(a + 4 * (i + pairs), rest);
        vf c = vf_load_part(cos + 4 * i, rest);
        vf s = vf_load_part(sin + 4 * i, rest);
        vf_store_part(d + 4 * i, turned_x(x, y, c, s), rest);
        vf_store_part(d + 4 * (i + pairs), turned_y(x, y, c, s), rest);
    }
}

// Pair i is columns 2i and 2i + 1.
static void turn_neighbours(char *d, const char *a, const char *cos, const char *sin, int64_t pairs) {
    int64_t i = 0;
    for (; i + TB_LANES <= pairs; i += TB_LANES) {
        vf low = vf_load(a + 8 * i);
        vf high = vf_load(a + 8 * i + 4 * TB_LANES);
        vf x = __builtin_shufflevector(low, high, TB_EVEN);
        vf y = __builtin_shufflevector(low, high, TB_ODD);
        vf c = vf_load(cos + 4 * i);
        vf s = vf_load(sin + 4 * i);
        vf tx = turned_x(x, y, c, s);
        vf ty = turned_y(x, y, c, s);
        vf_store(d + 8 * i, __builtin_shufflevector(tx, ty, TB_ZIP_LOW));
        vf_store(d + 8 * i + 4 * TB_LANES, __builtin_shufflevector(tx, ty, TB_ZIP_HIGH));
    }
    for (; i < pairs; i++) {
        float x = TB_LOAD(float, a + 8 * i);
        float y = TB_LOAD(float, a + 8 * i + 4);
        float c = TB_LOAD(float, cos + 4 * i);
        float s = TB_LOAD(float, sin + 4 * i);
        float turned[2] = {x * c - y * s, x * s + y * c};
        __builtin_memcpy(d + 8 * i, turned, sizeof turned);
    }
}

static void copy(char *d, const char *a, int64_t floats) {
    for (int64_t i = 0; d != a && i < floats; i++) {
        float x = TB_LOAD(float, a + 4 * i);
        __builtin_memcpy(d + 4 * i, &x, 4);
    }
}

TB_KERNEL(rope) {
    const rope *op = (const rope *)arguments;
    int64_t end = op->offset + 2 * op->pairs;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *a = tb_row_at(&op->a, at);
        char *d = tb_row_at(&op->d, at);
        const char *cos = (const char *)op->table + at.i2 * 8 * op->pairs;
        const char *sin = cos + 4 * op->pairs;
        copy(d, a, op->offset);
        if (op->is_neox) {
            turn_halves(d + 4 * op->offset, a + 4 * op->offset, cos, sin, op->pairs);
        } else {
            turn_neighbours(d + 4 * op->offset, a + 4 * op->offset, cos, sin, op->pairs);
        }
        copy(d + 4 * end, a + 4 * end, op->ne0 - end);
    }
}
