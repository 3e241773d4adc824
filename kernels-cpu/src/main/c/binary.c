// ADD, SUB, MUL and DIV: d = a ∘ b by element; b's rows repeat, and a row of b has a's length or one element.
#include "rows.h"
#include "vec.h"

typedef struct {
    tb_rows d, a, b;
    int64_t ne0, ne1, ne2;
    int64_t b_ne0, b_ne1, b_ne2, b_ne3;
} binary;

#define TB_BINARY(name, operator)                                                                                                          \
    TB_INLINE void name##_row(char *d, const char *a, const char *b, int64_t n) {                                                          \
        int64_t i = 0;                                                                                                                     \
        for (; i + TB_LANES <= n; i += TB_LANES) {                                                                                         \
            vf_store(d + 4 * i, vf_load(a + 4 * i) operator vf_load(b + 4 * i));                                                           \
        }                                                                                                                                  \
        if (i < n) {                                                                                                                       \
            vf_store_part(d + 4 * i, vf_load_part(a + 4 * i, n - i) operator vf_load_part(b + 4 * i, n - i), n - i);                       \
        }                                                                                                                                  \
    }                                                                                                                                      \
    TB_INLINE void name##_one(char *d, const char *a, vf b, int64_t n) {                                                                   \
        int64_t i = 0;                                                                                                                     \
        for (; i + TB_LANES <= n; i += TB_LANES) {                                                                                         \
            vf_store(d + 4 * i, vf_load(a + 4 * i) operator b);                                                                            \
        }                                                                                                                                  \
        if (i < n) {                                                                                                                       \
            vf_store_part(d + 4 * i, vf_load_part(a + 4 * i, n - i) operator b, n - i);                                                    \
        }                                                                                                                                  \
    }                                                                                                                                      \
    TB_KERNEL(name) {                                                                                                                      \
        const binary *op = (const binary *)arguments;                                                                                      \
        for (int64_t r = from; r < to; r++) {                                                                                              \
            tb_index at = tb_index_of(r, op->ne1, op->ne2);                                                                                \
            const char *b = tb_row(&op->b, at.i1 % op->b_ne1, at.i2 % op->b_ne2, at.i3 % op->b_ne3);                                       \
            if (op->b_ne0 == op->ne0) {                                                                                                    \
                name##_row(tb_row_at(&op->d, at), tb_row_at(&op->a, at), b, op->ne0);                                                      \
            } else {                                                                                                                       \
                name##_one(tb_row_at(&op->d, at), tb_row_at(&op->a, at), vf_splat(TB_LOAD(float, b)), op->ne0);                            \
            }                                                                                                                              \
        }                                                                                                                                  \
    }

TB_BINARY(add, +)
TB_BINARY(sub, -)
TB_BINARY(mul, *)
TB_BINARY(div, /)
