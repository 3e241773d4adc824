// Arguments of the kernels of MUL_MAT, in the order in which NativeMulMat.java writes them.
#ifndef TB_MUL_MAT_H
#define TB_MUL_MAT_H

#include "simd.h"

// Column j of b starts at b + b_at[j], and d[row, j] is written to d + d_at[j] + 4 * row.
typedef struct {
    i64 type; // of a, as GGUF numbers them
    const u8* a;
    i64 nb_a, k, is_packed;
    const u8* b;
    const i64* b_at;
    i64 columns;
    void* act; // the columns of b, rounded; 0 where a is floats
    u8* d;
    const i64* d_at;
} mul_mat;

#endif
