// RMS_NORM: d = a/√(mean of a² + ε), the sum in F64.
#include "rows.h"
#include "vec.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    double epsilon;
} rms_norm;

static double sum_of_squares(const char *a, int64_t n) {
    vd s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t i = 0;
    for (; i + 2 * TB_LANES <= n; i += 2 * TB_LANES) {
        vf x = vf_load(a + 4 * i);
        vf y = vf_load(a + 4 * (i + TB_LANES));
        vd x0 = vd_low(x), x1 = vd_high(x), y0 = vd_low(y), y1 = vd_high(y);
        s0 += x0 * x0;
        s1 += x1 * x1;
        s2 += y0 * y0;
        s3 += y1 * y1;
    }
    for (; i < n; i += TB_LANES) {
        vf x = n - i < TB_LANES ? vf_load_part(a + 4 * i, n - i) : vf_load(a + 4 * i);
        vd x0 = vd_low(x), x1 = vd_high(x);
        s0 += x0 * x0;
        s1 += x1 * x1;
    }
    return vd_sum((s0 + s1) + (s2 + s3));
}

TB_KERNEL(rms_norm) {
    const rms_norm *op = (const rms_norm *)arguments;
    int64_t n = op->ne0;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *a = tb_row_at(&op->a, at);
        char *d = tb_row_at(&op->d, at);
        float scale = (float)(1 / __builtin_sqrt(sum_of_squares(a, n) / (double)n + op->epsilon));
        int64_t i = 0;
        for (; i + TB_LANES <= n; i += TB_LANES) {
            vf_store(d + 4 * i, vf_load(a + 4 * i) * scale);
        }
        if (i < n) {
            vf_store_part(d + 4 * i, vf_load_part(a + 4 * i, n - i) * scale, n - i);
        }
    }
}
