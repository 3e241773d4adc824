// MUL_MAT of F32, F16 and BF16 weights: d[n, m] = sum over k of a[k, n] * b[k, m], all in F32.
//
// LANES sums side by side, then added in one order, then the rest of a row that fills no vector: the same for one column and for many.
#include "mul_mat.h"

#define TILE_ROWS 4
#define TILE_COLUMNS 3
// Columns that stay in the second cache while rows pass by.
#define BLOCK_COLUMNS 48

enum { F32 = 0, F16 = 1, BF16 = 30 };

typedef VECTOR(u16, LANES) u16v;
typedef VECTOR(u32, LANES) u32v;

TB_INLINE i64 element_bytes(i32 type) { return type == F32 ? 4 : 2; }

TB_INLINE float load_element(i32 type, const u8* at) {
    if (type == F32) return TB_LOAD(float, at);
    if (type == F16) return load_f16(at);
    u32 bits = (u32)load_u16(at) << 16;
    return TB_LOAD(float, &bits);
}

TB_INLINE f32v load_elements(i32 type, const u8* at) {
    if (type == F32) return LOAD(f32v, at);
    if (type == BF16) return (f32v)(__builtin_convertvector(LOAD(u16v, at), u32v) << 16);
#if defined(__AVX512VNNI__)
    return (f32v)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)at));
#elif defined(__F16C__)
    return (f32v)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)at));
#elif defined(__aarch64__)
    return (f32v)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const u16*)at)));
#else
    f32v v;
    UNROLL for (int i = 0; i < LANES; i++) v[i] = load_f16(at + 2 * i);
    return v;
#endif
}

// Halves added to halves.
TB_INLINE float sum_lanes(f32v v) {
    typedef VECTOR(float, 4) f32x4;
#if LANES == 16
    f32x8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#elif LANES == 8
    f32x4 four = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
    f32x4 four = v;
#endif
    return (four[0] + four[2]) + (four[1] + four[3]);
}

TB_INLINE float fma1(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

// Rows past the last and columns past the last are it again, and not stored.
TB_INLINE void multiply_tile(i32 type, const u8* const row[TILE_ROWS], const float* const column[TILE_COLUMNS], int columns, i64 k, float out[TILE_COLUMNS][TILE_ROWS]) {
    f32v sum[TILE_COLUMNS][TILE_ROWS] = {};
    i64 i = 0;
    for (; i + LANES <= k; i += LANES) {
        f32v w[TILE_ROWS];
        UNROLL for (int r = 0; r < TILE_ROWS; r++) w[r] = load_elements(type, row[r] + i * element_bytes(type));
        UNROLL for (int c = 0; c < columns; c++) {
            f32v x = LOAD(f32v, column[c] + i);
            UNROLL for (int r = 0; r < TILE_ROWS; r++) sum[c][r] = FMA(w[r], x, sum[c][r]);
        }
    }
    UNROLL for (int c = 0; c < columns; c++) {
        UNROLL for (int r = 0; r < TILE_ROWS; r++) {
            float rest = 0;
            for (i64 j = i; j < k; j++) rest = fma1(load_element(type, row[r] + j * element_bytes(type)), column[c][j], rest);
            out[c][r] = sum_lanes(sum[c][r]) + rest;
        }
    }
}

TB_INLINE void multiply_rows(i32 type, const mul_mat* op, i64 first, i64 end) {
    for (i64 block = 0; block < op->columns; block += BLOCK_COLUMNS) {
        i64 block_end = block + BLOCK_COLUMNS < op->columns ? block + BLOCK_COLUMNS : op->columns;
        for (i64 row = first; row < end; row += TILE_ROWS) {
            const u8* rows[TILE_ROWS];
            UNROLL for (int r = 0; r < TILE_ROWS; r++) rows[r] = op->a + op->nb_a * (row + r < end ? row + r : end - 1);
            for (i64 m = block; m < block_end; m += TILE_COLUMNS) {
                const float* column[TILE_COLUMNS];
                UNROLL for (int c = 0; c < TILE_COLUMNS; c++) column[c] = (const float*)(op->b + op->b_at[m + c < block_end ? m + c : block_end - 1]);
                float out[TILE_COLUMNS][TILE_ROWS];
                if (block_end - m == 1) {
                    multiply_tile(type, rows, column, 1, op->k, out);
                } else {
                    multiply_tile(type, rows, column, TILE_COLUMNS, op->k, out);
                }
                for (i64 c = 0; c < TILE_COLUMNS && m + c < block_end; c++) {
                    float* to = (float*)(op->d + op->d_at[m + c]) + row;
                    for (i64 r = 0; r < TILE_ROWS && row + r < end; r++) to[r] = out[c][r];
                }
            }
        }
    }
}

// Rows `from` to `to` of a with all columns.
TB_KERNEL(mul_mat_float) {
    const mul_mat* op = (const mul_mat*)arguments;
    switch (op->type) {
    case F32: multiply_rows(F32, op, from, to); return;
    case F16: multiply_rows(F16, op, from, to); return;
    case BF16: multiply_rows(BF16, op, from, to); return;
    }
}
