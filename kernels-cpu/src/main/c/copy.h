// A row of floats rounded to halves, or copied as it is.
#ifndef TB_COPY_H
#define TB_COPY_H

#include "vec.h"

enum { TB_SAME, TB_F32_TO_F16, TB_F16_TO_F32 };

// `count` elements, of `bytes` bytes all together where they stay the same.
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
