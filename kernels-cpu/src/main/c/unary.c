// UNARY: d = f(a) by element.
#include "gates.h"
#include "rows.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    int64_t function;
} unary;

TB_INLINE void run(const unary *op, int64_t function, int64_t from, int64_t to) {
    int64_t n = op->ne0;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *a = tb_row_at(&op->a, at);
        char *d = tb_row_at(&op->d, at);
        int64_t i = 0;
        for (; i + TB_LANES <= n; i += TB_LANES) {
            vf_store(d + 4 * i, tb_gate(function, vf_load(a + 4 * i)));
        }
        if (i < n) {
            vf_store_part(d + 4 * i, tb_gate(function, vf_load_part(a + 4 * i, n - i)), n - i);
        }
    }
}

TB_KERNEL(unary) {
    const unary *op = (const unary *)arguments;
    // Each case is a loop of its own, without the choice inside.
    switch (op->function) {
    case TB_RELU:
        run(op, TB_RELU, from, to);
        break;
    case TB_SIGMOID:
        run(op, TB_SIGMOID, from, to);
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
    case TB_TANH:
        run(op, TB_TANH, from, to);
        break;
    }
}
