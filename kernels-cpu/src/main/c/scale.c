// SCALE: d = scale·a + bias.
#include "rows.h"
#include "vec.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    double scale, bias;
} scale;

TB_KERNEL(scale) {
    const scale *op = (const scale *)arguments;
    int64_t n = op->ne0;
    float s = (float)op->scale;
    float b = (float)op->bias;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *a = tb_row_at(&op->a, at);
        char *d = tb_row_at(&op->d, at);
        int64_t i = 0;
        for (; i + TB_LANES <= n; i += TB_LANES) {
            vf_store(d + 4 * i, vf_load(a + 4 * i) * s + b);
        }
        if (i < n) {
            vf_store_part(d + 4 * i, vf_load_part(a + 4 * i, n - i) * s + b, n - i);
        }
    }
}
