// GLU: d = gate(x)·y; x and y are rows of ne0 elements.
#include "gates.h"
#include "rows.h"

typedef struct {
    tb_rows d, x, y;
    int64_t ne0, ne1, ne2;
    int64_t function;
} glu;

TB_INLINE void run(const glu *op, int64_t function, int64_t from, int64_t to) {
    int64_t n = op->ne0;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *x = tb_row_at(&op->x, at);
        const char *y = tb_row_at(&op->y, at);
        char *d = tb_row_at(&op->d, at);
        int64_t i = 0;
        for (; i + TB_LANES <= n; i += TB_LANES) {
            vf_store(d + 4 * i, tb_gate(function, vf_load(x + 4 * i)) * vf_load(y + 4 * i));
        }
        if (i < n) {
            vf gated = tb_gate(function, vf_load_part(x + 4 * i, n - i)) * vf_load_part(y + 4 * i, n - i);
            vf_store_part(d + 4 * i, gated, n - i);
        }
    }
}

TB_KERNEL(glu) {
    const glu *op = (const glu *)arguments;
    // Each case is a loop of its own, without the choice inside.
    switch (op->function) {
    case TB_RELU:
        run(op, TB_RELU, from, to);
        break;
    case TB_SILU:
        run(op, TB_SILU, from, to);
        break;
    case TB_GELU:
        run(op, TB_GELU, from, to);
        break;
    case TB_GELU_QUICK:
        run(op, TB_GELU_QUICK, from, to);
        break;
    }
}
