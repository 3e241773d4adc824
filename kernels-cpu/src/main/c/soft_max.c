// SOFT_MAX: d = e^(s − max)/Σ over rows of s = scale·a + slope·mask, the sum in F64; a head's sink counts in max and Σ.
#include "rows.h"
#include "vec.h"

typedef struct {
    tb_rows d, a;
    int64_t ne0, ne1, ne2;
    double scale;
    tb_rows mask; // address 0 where there is none
    int64_t mask_ne2, mask_ne3, mask_is_f16;
    int64_t slopes; // of each head; 0 where all are 1
    int64_t sinks;  // of each head; 0 where there are none
} soft_max;

TB_INLINE vf score(const soft_max *op, vf a, vf mask, vf slope) {
    return a * (float)op->scale + slope * mask;
}

TB_INLINE vf load_mask(const soft_max *op, const char *mask, int64_t i, int64_t count) {
    if (mask == 0) {
        return (vf){0};
    }
    if (op->mask_is_f16) {
        return count < TB_LANES ? vf_load_f16_part(mask + 2 * i, count) : vf_load_f16(mask + 2 * i);
    }
    return count < TB_LANES ? vf_load_part(mask + 4 * i, count) : vf_load(mask + 4 * i);
}

TB_KERNEL(soft_max) {
    const soft_max *op = (const soft_max *)arguments;
    int64_t n = op->ne0;
    int64_t whole = n / TB_LANES * TB_LANES;
    for (int64_t r = from; r < to; r++) {
        tb_index at = tb_index_of(r, op->ne1, op->ne2);
        const char *a = tb_row_at(&op->a, at);
        char *d = tb_row_at(&op->d, at);
        const char *mask = op->mask.address == 0 ? 0 : tb_row(&op->mask, at.i1, at.i2 % op->mask_ne2, at.i3 % op->mask_ne3);
        vf slope = vf_splat(op->slopes == 0 ? 1.0f : TB_LOAD(float, (const char *)op->slopes + 4 * at.i2));
        float sink = op->sinks == 0 ? -TB_INFINITY : TB_LOAD(float, (const char *)op->sinks + 4 * at.i2);
        vf greatest = vf_splat(sink);
        for (int64_t i = 0; i < whole; i += TB_LANES) {
            vf s = score(op, vf_load(a + 4 * i), load_mask(op, mask, i, TB_LANES), slope);
            vf_store(d + 4 * i, s);
            greatest = vf_max(greatest, s);
        }
        float max = vf_greatest(greatest);
        for (int64_t i = whole; i < n; i += TB_LANES) {
            vf s = score(op, vf_load_part(a + 4 * i, n - i), load_mask(op, mask, i, n - i), slope);
            vf_store_part(d + 4 * i, s, n - i);
            for (int64_t j = 0; j < n - i; j++) {
                max = s[j] > max ? s[j] : max;
            }
        }
        vd low = {0}, high = {0};
        for (int64_t i = 0; i < whole; i += TB_LANES) {
            vf e = vf_exp(vf_load(d + 4 * i) - max);
            vf_store(d + 4 * i, e);
            low += vd_low(e);
            high += vd_high(e);
        }
        double sum = vd_sum(low + high);
        if (whole < n) {
            vf e = vf_exp(vf_load_part(d + 4 * whole, n - whole) - max);
            vf_store_part(d + 4 * whole, e, n - whole);
            for (int64_t j = 0; j < n - whole; j++) {
                sum += e[j];
            }
        }
        if (op->sinks != 0) {
            sum += vf_exp(vf_splat(sink - max))[0];
        }
        float inverse = (float)(1 / sum);
        for (int64_t i = 0; i < whole; i += TB_LANES) {
            vf_store(d + 4 * i, vf_load(d + 4 * i) * inverse);
        }
        if (whole < n) {
            vf_store_part(d + 4 * whole, vf_load_part(d + 4 * whole, n - whole) * inverse, n - whole);
        }
    }
}
