// A row of floats rounded to halves or to Q8_0, or copied as it is.
#ifndef TB_COPY_H
#define TB_COPY_H

#include "vec.h"

enum { TB_SAME, TB_F32_TO_F16, TB_F16_TO_F32, TB_F32_TO_Q8_0 };

// 32 floats as a block of Q8_0: an F16 scale d, the greatest of them over 127, and x/d to nearest, halves away from zero, in a byte each.
// A NaN is 0. LegacyBlocks.java gives the same bits.
TB_INLINE void tb_quantize_q8_0(char *to, const char *from) {
    vf greatest = {0};
    for (int i = 0; i < 32; i += TB_LANES) {
        vf size = (vf)((vi)vf_load(from + 4 * i) & 0x7fffffff);
        greatest = vf_select((vi)(size > greatest), size, greatest);
    }
    float d = vf_greatest(greatest) / 127;
    float inverse = d != 0 ? 1 / d : 0;
    vf_store_f16_part(to, vf_splat(d), 1);
    for (int i = 0; i < 32; i += TB_LANES) {
        vf x = vf_load(from + 4 * i) * inverse;
        x = vf_select((vi)(x == x), x, (vf){0});
        x = vf_min(vf_splat(127), vf_max(vf_splat(-128), x));
        vi whole = __builtin_convertvector(x, vi);
        vf rest = x - __builtin_convertvector(whole, vf);
        whole += (vi)(rest <= -0.5f) - (vi)(rest >= 0.5f);
        tb_bytes bytes = __builtin_convertvector(whole, tb_bytes);
        __builtin_memcpy(to + 2 + i, &bytes, sizeof bytes);
    }
}

// `count` elements, in a block format whole blocks; of `bytes` bytes all together where they stay the same.
TB_INLINE void tb_copy_row(int64_t conversion, char *to, const char *from, int64_t count, int64_t bytes) {
    int64_t i = 0;
    switch (conversion) {
    case TB_F32_TO_F16:
        for (; i + TB_LANES <= count; i += TB_LANES) {
            vf_store_f16(to + 2 * i, vf_load(from + 4 * i));
        }
        if (i < count) {
            vf_store_f16_part(to + 2 * i, vf_load_part(from + 4 * i, count - i), count - i);
        }
        break;
    case TB_F16_TO_F32:
        for (; i + TB_LANES <= count; i += TB_LANES) {
            vf_store(to + 4 * i, vf_load_f16(from + 2 * i));
        }
        if (i < count) {
            vf_store_part(to + 4 * i, vf_load_f16_part(from + 2 * i, count - i), count - i);
        }
        break;
    case TB_F32_TO_Q8_0:
        for (; i < count; i += 32) {
            tb_quantize_q8_0(to + i / 32 * 34, from + 4 * i);
        }
        break;
    default:
        for (; i + 16 <= bytes; i += 16) {
            tb_f4 x = TB_LOAD(tb_f4, from + i);
            __builtin_memcpy(to + i, &x, sizeof x);
        }
        for (; i < bytes; i++) {
            to[i] = from[i];
        }
    }
}

#endif
