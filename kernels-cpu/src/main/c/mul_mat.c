// MUL_MAT of quantized weights: d[n, m] = sum over k of a[k, n] * b[k, m].
//
// b is rounded to signed bytes first: a column's 32 (or, for weights in blocks of 256, its 256) neighbouring elements share a scale. Products of bytes are summed exactly; one
// float sum per element of d then goes through the blocks in their order. So neither the number of columns nor the tile changes a bit.
//
// One column: ROWS rows of a side by side, sums along k. More: a tile of rows is unpacked to a panel and meets columns of b that lie LANES side by side.
#include "blocks.h"

#define CHUNK 256
#define GROUPS 4
#define PANEL_ROWS 64

// Bytes of one chunk of activations, for each of the columns side by side.
#define ACT_BYTES 320

enum { Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8, Q2_K = 10, Q3_K = 11, Q4_K = 12, Q5_K = 13, Q6_K = 14, IQ4_NL = 20, IQ4_XS = 23, TQ1_0 = 34, TQ2_0 = 35, MXFP4 = 39 };

// How blocks of 32 elements become a sum.
enum { OFFSET, MIN };

// What the codes of blocks of 32 are too high by.
TB_INLINE i32 offset_of(i32 type) {
    switch (type) {
    case Q4_0: return 8;
    case Q5_0: return 16;
    case MXFP4: return 12;
    case Q8_0:
    case IQ4_NL: return SIGNED_CODES ? 0 : 128;
    default: return 0;
    }
}
TB_INLINE int has_min(i32 type) { return type == Q4_1 || type == Q5_1; }
TB_INLINE int is_small(i32 type) { return type == Q4_0 || type == Q4_1 || type == Q5_0 || type == Q5_1 || type == Q8_0 || type == IQ4_NL || type == MXFP4; }
TB_INLINE i64 chunks_of(i64 k) { return (k + CHUNK - 1) / CHUNK; }
// Blocks of 32 in a chunk; only the last may hold fewer than 8.
TB_INLINE int blocks_in(i64 k, i64 c) { return k - c * CHUNK < CHUNK ? (int)(k - c * CHUNK) / 32 : 8; }

// ---- Activations ----

TB_INLINE i64 columns_side_by_side(i64 columns) { return columns == 1 ? 1 : LANES; }

// Groups of columns that TB(quantize) takes one by one.
TB_EXPORT i64 TB(mul_mat_groups)(i64 columns) {
    i64 side = columns_side_by_side(columns);
    return (columns + side - 1) / side;
}

TB_EXPORT i64 TB(mul_mat_activation_bytes)(i64 k, i64 columns) {
    return TB(mul_mat_groups)(columns) * columns_side_by_side(columns) * chunks_of(k) * ACT_BYTES;
}

TB_INLINE float largest(const float* x, int count) {
    f32x8 most = {};
    for (int i = 0; i < count; i += 8) most = __builtin_elementwise_max(most, __builtin_elementwise_abs(LOAD(f32x8, x + i)));
    float m = 0;
    for (int i = 0; i < 8; i++) m = most[i] > m ? most[i] : m;
    return m;
}

// Rounds 8 elements to bytes; halves go to the even one.
TB_INLINE i32x8 rounded(const float* x, float inverse) {
    f32x8 v = LOAD(f32x8, x) * inverse;
    const float magic = 12582912; // 1.5 * 2^23: adding it rounds to a whole number
    f32x8 shifted = v + magic;
    return (i32x8)shifted - (i32x8)(magic - (f32x8){});
}

// `side` columns, of which this is number `lane`: bytes of quad i at q[4 * (side * i + lane)].
TB_INLINE i32 put_bytes(const float* x, int count, float inverse, i8* q, i64 side, i64 lane) {
    i32x8 sums = {};
    for (int i = 0; i < count; i += 8) {
        i32x8 v = rounded(x + i, inverse);
        sums += v;
        typedef VECTOR(i8, 8) i8x8;
        typedef VECTOR(i32, 2) i32x2;
        i32x2 two = (i32x2)__builtin_convertvector(v, i8x8);
        STORE(i32, q + 4 * (side * (i / 4) + lane), two[0]);
        STORE(i32, q + 4 * (side * (i / 4 + 1) + lane), two[1]);
    }
    i32 sum = 0;
    for (int i = 0; i < 8; i++) sum += sums[i];
    return sum;
}

TB_INLINE void quantize_column(i32 type, const float* x, i64 k, u8* act, i64 side, i64 lane) {
    for (i64 c = 0; c < chunks_of(k); c++, x += CHUNK, act += ACT_BYTES * side) {
        i8* q = (i8*)act;
        u8* scales = act + CHUNK * side;
        if (is_small(type)) {
            int blocks = blocks_in(k, c);
            for (int b = 0; b < blocks; b++) {
                float most = largest(x + 32 * b, 32);
                float d = most / 127;
                i32 sum = put_bytes(x + 32 * b, 32, most > 0 ? 127 / most : 0, q + 32 * b * side, side, lane);
                STORE(float, scales + 4 * (side * b + lane), d);
                if (has_min(type)) {
                    STORE(float, scales + 4 * (side * (8 + b) + lane), d * (float)sum);
                } else {
                    STORE(i32, scales + 4 * (side * (8 + b) + lane), sum * offset_of(type));
                }
            }
        } else {
            float most = largest(x, CHUNK);
            float inverse = most > 0 ? 127 / most : 0;
            for (int s = 0; s < 16; s++) {
                i32 sum = put_bytes(x + 16 * s, 16, inverse, q + 16 * s * side, side, lane);
                STORE(i16, scales + 4 * (side * (s / 2) + lane) + 2 * (s % 2), (i16)sum);
            }
            STORE(float, scales + 4 * (side * 8 + lane), most / 127);
        }
    }
}

// Rounds the columns of groups `first` to `end`. Column j starts at b + column_at[j].
TB_EXPORT void TB(mul_mat_quantize)(i32 type, const u8* b, const i64* column_at, i64 k, i64 columns, u8* act, i64 first, i64 end) {
    i64 side = columns_side_by_side(columns);
    i64 group_bytes = side * chunks_of(k) * ACT_BYTES;
    for (i64 g = first; g < end; g++) {
        for (i64 lane = 0; lane < side; lane++) {
            i64 column = g * side + lane;
            // The last group is filled up with its last column; what comes of it is not stored.
            if (column >= columns) column = columns - 1;
            const float* x = (const float*)(b + column_at[column]);
            if (side == 1) {
                quantize_column(type, x, k, act + g * group_bytes, 1, 0);
            } else {
                quantize_column(type, x, k, act + g * group_bytes, LANES, lane);
            }
        }
    }
}

// ---- One column ----

#if defined(__AVX2__)
typedef __m256i row_products; // products of 32 codes, as sums of pairs or of quads
typedef __m256i row_sum;

TB_INLINE row_products multiply_row(u8x32 codes, const i8* a, int is_signed) {
    __m256i w = (__m256i)codes, x = _mm256_loadu_si256((const __m256i*)a);
#if defined(__AVX512VNNI__)
    (void)is_signed;
    return _mm256_dpbusd_epi32(_mm256_setzero_si256(), w, x);
#elif defined(__AVXVNNI__)
    (void)is_signed;
    return _mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), w, x);
#else
    return is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)) : _mm256_maddubs_epi16(w, x);
#endif
}
// Times a scale for each half.
TB_INLINE row_sum scale_row(row_products p, const i32* scales) {
    __m256i both = _mm256_blend_epi32(_mm256_set1_epi32(scales[0]), _mm256_set1_epi32(scales[1]), 0xF0);
    return WIDE_SUMS ? _mm256_mullo_epi32(p, both) : _mm256_madd_epi16(p, both);
}
TB_INLINE row_sum sum_row(row_products p) { return WIDE_SUMS ? p : _mm256_madd_epi16(p, _mm256_set1_epi16(1)); }
TB_INLINE row_sum multiply_mins(const i16* mins, const i16* sums) {
    return _mm256_madd_epi16(_mm256_loadu_si256((const __m256i*)mins), _mm256_loadu_si256((const __m256i*)sums));
}
TB_INLINE row_sum add_row(row_sum a, row_sum b) { return _mm256_add_epi32(a, b); }
TB_INLINE row_sum subtract_row(row_sum a, row_sum b) { return _mm256_sub_epi32(a, b); }
TB_INLINE i32r sum_rows(const row_sum r[ROWS]) {
    __m256i r01 = _mm256_hadd_epi32(r[0], r[1]), r23 = _mm256_hadd_epi32(r[2], r[3]);
    __m256i r45 = _mm256_hadd_epi32(r[4], r[5]), r67 = _mm256_hadd_epi32(r[6], r[7]);
    __m256i low = _mm256_hadd_epi32(r01, r23), high = _mm256_hadd_epi32(r45, r67);
    return (i32r)_mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}
#else
typedef VECTOR(i32, 4) row_sum;
typedef struct { row_sum low, high; } row_products; // sums of quads of the lower and the upper 16 codes

TB_INLINE row_sum multiply_half(const u8* codes, const i8* a) {
#if defined(__ARM_FEATURE_DOTPROD)
    return (row_sum)vdotq_s32(vdupq_n_s32(0), vld1q_s8((const i8*)codes), vld1q_s8(a));
#else
    row_sum sum = {};
    for (int i = 0; i < 16; i++) sum[i / 4] += (i8)codes[i] * a[i];
    return sum;
#endif
}
TB_INLINE row_products multiply_row(u8x32 codes, const i8* a, int is_signed) {
    (void)is_signed;
    u8 bytes[32];
    STORE(u8x32, bytes, codes);
    return (row_products){multiply_half(bytes, a), multiply_half(bytes + 16, a + 16)};
}
TB_INLINE row_sum scale_row(row_products p, const i32* scales) { return p.low * scales[0] + p.high * scales[1]; }
TB_INLINE row_sum sum_row(row_products p) { return p.low + p.high; }
TB_INLINE row_sum multiply_mins(const i16* mins, const i16* sums) {
    row_sum sum = {};
    for (int i = 0; i < 16; i++) sum[i % 4] += mins[i] * sums[i];
    return sum;
}
TB_INLINE row_sum add_row(row_sum a, row_sum b) { return a + b; }
TB_INLINE row_sum subtract_row(row_sum a, row_sum b) { return a - b; }
TB_INLINE row_sum add_pairwise(row_sum a, row_sum b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7); }
TB_INLINE i32r sum_rows(const row_sum r[ROWS]) { return add_pairwise(add_pairwise(r[0], r[1]), add_pairwise(r[2], r[3])); }
#endif

// What a thread computes with.
typedef struct {
    const u8* a;
    i64 nb_a, k;
    const u8* act;
    i64 columns;
    u8* d;
    const i64* d_at;
    u8* scratch;
} product;

// Asks for a part of what is read after the rows at hand: bytes `at` to `at + size` of the ROWS rows behind them. Rows are read ROWS at a time,
// which no hardware follows well.
TB_INLINE void ask_ahead(const product* p, i64 row, i64 end, i64 at, i64 size) {
    if (row + 2 * ROWS > end) return;
    const u8* next = p->a + p->nb_a * (row + ROWS) + at;
    for (i64 i = 0; i < size; i += 64) __builtin_prefetch(next + i, 0, 3);
}

TB_INLINE f32r gather(float (*scale)(const u8*), const u8* const block[ROWS]) {
    f32r v;
    UNROLL for (int r = 0; r < ROWS; r++) v[r] = scale(block[r]);
    return v;
}

// Rows past the end are the last one again.
TB_INLINE void start_rows(const product* p, i64 row, i64 end, const u8* starts[ROWS]) {
    UNROLL for (int r = 0; r < ROWS; r++) starts[r] = p->a + p->nb_a * (row + r < end ? row + r : end - 1);
}

TB_INLINE void store_rows(const product* p, i64 row, i64 end, f32r sum) {
    float* to = (float*)(p->d + p->d_at[0]) + row;
    if (end - row >= ROWS) {
        STORE(f32r, to, sum);
    } else {
        for (i64 r = 0; r < end - row; r++) to[r] = sum[r];
    }
}

TB_INLINE void one_small(const product* p, i64 first, i64 end, i64 block_bytes, u8x32 (*codes)(const u8*), float (*scale)(const u8*), float (*min)(const u8*), int form, int is_signed) {
    for (i64 row = first; row < end; row += ROWS) {
        const u8* block[ROWS];
        start_rows(p, row, end, block);
        f32r sum = {};
        for (i64 i = 0; i < p->k / 32; i++) {
            ask_ahead(p, row, end, i * ROWS * block_bytes, ROWS * block_bytes);
            const u8* act = p->act + i / 8 * ACT_BYTES;
            const u8* scales = act + CHUNK + 4 * (i % 8);
            f32r d = gather(scale, block), m = form == MIN ? gather(min, block) : d;
            row_sum sums[ROWS];
            UNROLL for (int r = 0; r < ROWS; r++) {
                sums[r] = sum_row(multiply_row(codes(block[r]), (const i8*)act + 32 * (i % 8), is_signed));
                block[r] += block_bytes;
            }
            i32r whole = sum_rows(sums);
            if (form == OFFSET) whole -= LOAD(i32, scales + 32);
            sum = FMA(TO_F32R(whole), d * LOAD(float, scales), sum);
            if (form == MIN) sum = FMA(m, splat_f32r(LOAD(float, scales + 32)), sum);
        }
        store_rows(p, row, end, sum);
    }
}

TB_INLINE void one_large(const product* p, i64 first, i64 end, i64 block_bytes, u8x32 (*codes)(const u8*, int), void (*scales)(const u8*, sub_scales*), int sub, int form, int is_signed) {
    for (i64 row = first; row < end; row += ROWS) {
        const u8* block[ROWS];
        start_rows(p, row, end, block);
        f32r sum = {};
        for (i64 i = 0; i < chunks_of(p->k); i++) {
            ask_ahead(p, row, end, i * ROWS * block_bytes, ROWS * block_bytes);
            const u8* act = p->act + i * ACT_BYTES;
            row_sum whole[ROWS], taken[ROWS];
            float d[ROWS], dmin[ROWS];
            UNROLL for (int r = 0; r < ROWS; r++) {
                sub_scales s;
                scales(block[r], &s);
                d[r] = s.d;
                dmin[r] = s.dmin;
                row_sum one = {};
                UNROLL for (int e = 0; e < 8; e++) {
                    row_products q = multiply_row(codes(block[r], e), (const i8*)act + 32 * e, is_signed);
                    one = add_row(one, sub == 256 ? sum_row(q) : scale_row(q, s.scales + 2 * e));
                }
                taken[r] = multiply_mins(s.mins, (const i16*)(act + CHUNK));
                whole[r] = form == OFFSET ? subtract_row(one, taken[r]) : one;
                block[r] += block_bytes;
            }
            float scale = LOAD(float, act + CHUNK + 32);
            sum = FMA(TO_F32R(sum_rows(whole)), LOAD(f32r, d) * scale, sum);
            if (form == MIN) sum = FMA(-TO_F32R(sum_rows(taken)), LOAD(f32r, dmin) * scale, sum);
        }
        store_rows(p, row, end, sum);
    }
}

// ---- Many columns ----

// 256 unpacked weights of a row.
typedef struct {
    _Alignas(64) u8 codes[CHUNK];
    union {
        struct { float d[8], m[8]; } small;
        sub_scales large;
    };
} chunk;

// Adds the products of `quads` neighbouring quads of a row with `groups` times LANES columns to whole, times scale; depth: quads until the parts have to be folded.
TB_INLINE void multiply_quads(const u8* codes, const i8* a, i64 group_bytes, i32v* whole, int groups, int quads, int depth, i32 scale, int is_signed) {
    (void)is_signed;
    UNROLL for (int first = 0; first < quads; first += depth) {
        part p[GROUPS];
        UNROLL for (int g = 0; g < groups; g++) p[g] = (part){};
        UNROLL for (int j = first; j < first + depth; j++) {
            quad w = splat_quad(codes + 4 * j);
#if !WIDE_SUMS
            if (is_signed) {
                quad m = magnitude(w);
                UNROLL for (int g = 0; g < groups; g++) p[g] = dot_signed_quad(w, m, a + g * group_bytes + j * 4 * LANES);
                continue;
            }
#endif
            UNROLL for (int g = 0; g < groups; g++) {
                p[g] = dot_quad(p[g], w, a + g * group_bytes + j * 4 * LANES);
                IN_ORDER(p[g]);
            }
        }
        UNROLL for (int g = 0; g < groups; g++) {
            whole[g] = scale == 1 ? fold_one(whole[g], p[g]) : fold(whole[g], p[g], scale);
            IN_ORDER(whole[g]);
        }
    }
}

// Adds the products of one chunk of a row with `groups` times LANES columns to sum.
TB_INLINE void small_chunk(const chunk* w, i64 blocks, const u8* act, i64 group_bytes, f32v* sum, int groups, int depth, int form, int is_signed) {
    f32v total[GROUPS];
    UNROLL for (int g = 0; g < groups; g++) total[g] = sum[g];
    for (i64 b = 0; b < blocks; b++) {
        i32v whole[GROUPS];
        UNROLL for (int g = 0; g < groups; g++) whole[g] = (i32v){};
        multiply_quads(w->codes + 32 * b, (const i8*)act + 32 * b * LANES, group_bytes, whole, groups, 8, depth, 1, is_signed);
        const u8* scales = act + (CHUNK + 4 * b) * LANES;
        f32v d = splat_f32v(w->small.d[b]), m = splat_f32v(form == MIN ? w->small.m[b] : 0);
        UNROLL for (int g = 0; g < groups; g++) {
            if (form == OFFSET) whole[g] -= LOAD(i32v, scales + g * group_bytes + 32 * LANES);
            total[g] = FMA(TO_F32V(whole[g]), d * LOAD(f32v, scales + g * group_bytes), total[g]);
            if (form == MIN) total[g] = FMA(m, LOAD(f32v, scales + g * group_bytes + 32 * LANES), total[g]);
        }
    }
    UNROLL for (int g = 0; g < groups; g++) sum[g] = total[g];
}

TB_INLINE void large_chunk(const chunk* w, const u8* act, i64 group_bytes, f32v* sum, int groups, int depth, int sub, int form, int is_signed) {
    i32v whole[GROUPS];
    UNROLL for (int g = 0; g < groups; g++) whole[g] = (i32v){};
    // A loop, and not unrolled: the code of one sub-block stays in the first cache.
    _Pragma("clang loop unroll(disable)") for (i64 s = 0; s < CHUNK / sub; s++) {
        i32 scale = sub == 256 ? 1 : w->large.scales[s * (sub / 16)];
        multiply_quads(w->codes + s * sub, (const i8*)act + s * sub * LANES, group_bytes, whole, groups, sub / 4, depth, scale, is_signed);
    }
    i32v taken[GROUPS];
    UNROLL for (int g = 0; g < groups; g++) taken[g] = (i32v){};
    UNROLL for (int pair = 0; pair < 8; pair++) {
        UNROLL for (int g = 0; g < groups; g++) {
            taken[g] = add_pairs(taken[g], w->large.mins + 2 * pair, act + g * group_bytes + (CHUNK + 4 * pair) * LANES);
            IN_ORDER(taken[g]);
        }
    }
    UNROLL for (int g = 0; g < groups; g++) {
        f32v scale = LOAD(f32v, act + g * group_bytes + (CHUNK + 32) * LANES);
        if (form == OFFSET) whole[g] -= taken[g];
        f32v total = FMA(TO_F32V(whole[g]), w->large.d * scale, sum[g]);
        if (form == MIN) total = FMA(-TO_F32V(taken[g]), w->large.dmin * scale, total);
        sum[g] = total;
    }
}

typedef void chunk_product(const chunk* w, i64 blocks, const u8* act, i64 group_bytes, f32v* sum);

// One function for each way to sum and each number of groups.
#define SMALL(name, depth, form, is_signed)                                                                             \
    static void name##_4(const chunk* w, i64 blocks, const u8* act, i64 bytes, f32v* sum) { small_chunk(w, blocks, act, bytes, sum, 4, depth, form, is_signed); } \
    static void name##_1(const chunk* w, i64 blocks, const u8* act, i64 bytes, f32v* sum) { small_chunk(w, blocks, act, bytes, sum, 1, depth, form, is_signed); }
#define LARGE(name, depth, sub, form, is_signed)                                                                        \
    static void name##_4(const chunk* w, i64 blocks, const u8* act, i64 bytes, f32v* sum) { (void)blocks; large_chunk(w, act, bytes, sum, 4, depth, sub, form, is_signed); } \
    static void name##_1(const chunk* w, i64 blocks, const u8* act, i64 bytes, f32v* sum) { (void)blocks; large_chunk(w, act, bytes, sum, 1, depth, sub, form, is_signed); }

// Quads that fit before a fold: 8 of codes up to 15, 4 up to 31, 2 up to 63; one signed; any number where sums are wide.
#define DEPTH(quads, narrow) (WIDE_SUMS ? (quads) : (narrow))
SMALL(nibble_offset, DEPTH(8, 8), OFFSET, 0)
SMALL(nibble_min, DEPTH(8, 8), MIN, 0)
SMALL(fifth_offset, DEPTH(8, 4), OFFSET, 0)
SMALL(fifth_min, DEPTH(8, 4), MIN, 0)
SMALL(byte_signed, DEPTH(8, 1), OFFSET, 1)
LARGE(k_nibble, DEPTH(8, 8), 32, MIN, 0)
LARGE(k_fifth, DEPTH(8, 4), 32, MIN, 0)
LARGE(k_two, DEPTH(4, 4), 16, MIN, 0)
LARGE(k_three, DEPTH(4, 4), 16, OFFSET, 0)
LARGE(k_six, DEPTH(4, 2), 16, OFFSET, 0)
LARGE(k_signed, DEPTH(8, 1), 32, OFFSET, 1)
LARGE(k_ternary, 64, 256, OFFSET, 0)

TB_INLINE void unpack_small(chunk* to, const u8* block, int blocks, int block_bytes, u8x32 (*codes)(const u8*), float (*scale)(const u8*), float (*min)(const u8*)) {
    for (int b = 0; b < blocks; b++, block += block_bytes) {
        STORE(u8x32, to->codes + 32 * b, codes(block));
        to->small.d[b] = scale(block);
        to->small.m[b] = min(block);
    }
}

TB_INLINE void unpack_large(chunk* to, const u8* block, u8x32 (*codes)(const u8*, int), void (*scales)(const u8*, sub_scales*)) {
    UNROLL for (int s = 0; s < 8; s++) STORE(u8x32, to->codes + 32 * s, codes(block, s));
    scales(block, &to->large);
}

// The panel's rows with all columns.
static void multiply_panel(const product* p, i64 row, i64 rows, const chunk* panel, f32v* sums, chunk_product* by_four, chunk_product* by_one) {
    i64 chunks = chunks_of(p->k);
    i64 group_bytes = chunks * ACT_BYTES * LANES;
    i64 all = (p->columns + LANES - 1) / LANES;
    for (i64 g = 0; g < all;) {
        int groups = all - g >= GROUPS ? GROUPS : 1;
        chunk_product* multiply = groups == GROUPS ? by_four : by_one;
        for (i64 i = 0; i < rows * groups; i++) sums[i] = (f32v){};
        for (i64 c = 0; c < chunks; c++) {
            int blocks = blocks_in(p->k, c);
            const u8* act = p->act + g * group_bytes + c * ACT_BYTES * LANES;
            for (i64 r = 0; r < rows; r++) multiply(panel + r * chunks + c, blocks, act, group_bytes, sums + r * groups);
        }
        i64 first = g * LANES, columns = p->columns - first < groups * LANES ? p->columns - first : groups * LANES;
        for (i64 m = 0; m < columns; m++) {
            float* to = (float*)(p->d + p->d_at[first + m]) + row;
            const float* from = (const float*)sums + m;
            for (i64 r = 0; r < rows; r++) to[r] = from[r * groups * LANES];
        }
        g += groups;
    }
}

#define SUMS_BYTES (PANEL_ROWS * GROUPS * LANES * 4)

// Bytes of memory that a thread needs beside the operands.
TB_EXPORT i64 TB(mul_mat_scratch_bytes)(i64 k) {
    i64 row_bytes = chunks_of(k) * (i64)sizeof(chunk);
    i64 panel = row_bytes > 192 << 10 ? row_bytes : 192 << 10;
    return SUMS_BYTES + panel + 64;
}

TB_INLINE i64 panel_rows(i64 k) {
    i64 rows = (192 << 10) / (chunks_of(k) * (i64)sizeof(chunk));
    return rows < 1 ? 1 : rows > PANEL_ROWS ? PANEL_ROWS : rows;
}

// ---- Formats ----

typedef void unpacker(chunk* to, const u8* row, i64 chunk_index, int blocks);

static void multiply_many(const product* p, i64 first, i64 end, unpacker* unpack, chunk_product* by_four, chunk_product* by_one) {
    i64 chunks = chunks_of(p->k), tile = panel_rows(p->k);
    chunk* panel = (chunk*)(p->scratch + SUMS_BYTES);
    for (i64 row = first; row < end; row += tile) {
        i64 rows = end - row < tile ? end - row : tile;
        for (i64 r = 0; r < rows; r++) {
            for (i64 c = 0; c < chunks; c++) unpack(panel + r * chunks + c, p->a + p->nb_a * (row + r), c, blocks_in(p->k, c));
        }
        multiply_panel(p, row, rows, panel, (f32v*)p->scratch, by_four, by_one);
    }
}

#define SMALL_FORMAT(type, block_bytes, scale, min, form, is_signed, way)                                                                                                  \
    static void type##_unpack(chunk* to, const u8* row, i64 c, int blocks) { unpack_small(to, row + c * 8 * block_bytes, blocks, block_bytes, type##_codes, scale, min); } \
    static void type##_product(const product* p, i64 first, i64 end) {                                                                                                     \
        if (p->columns == 1) {                                                                                                                                             \
            one_small(p, first, end, block_bytes, type##_codes, scale, min, form, is_signed);                                                                              \
        } else {                                                                                                                                                           \
            multiply_many(p, first, end, type##_unpack, way##_4, way##_1);                                                                                                 \
        }                                                                                                                                                                  \
    }
#define LARGE_FORMAT(type, block_bytes, sub, form, is_signed, way)                                                                                                         \
    static void type##_unpack(chunk* to, const u8* row, i64 c, int blocks) { (void)blocks; unpack_large(to, row + c * block_bytes, type##_codes, type##_scales); }         \
    static void type##_product(const product* p, i64 first, i64 end) {                                                                                                     \
        if (p->columns == 1) {                                                                                                                                             \
            one_large(p, first, end, block_bytes, type##_codes, type##_scales, sub, form, is_signed);                                                                      \
        } else {                                                                                                                                                           \
            multiply_many(p, first, end, type##_unpack, way##_4, way##_1);                                                                                                 \
        }                                                                                                                                                                  \
    }

SMALL_FORMAT(Q4_0, 18, f16_first, no_min, OFFSET, 0, nibble_offset)
SMALL_FORMAT(Q4_1, 20, f16_first, f16_second, MIN, 0, nibble_min)
SMALL_FORMAT(Q5_0, 22, f16_first, no_min, OFFSET, 0, fifth_offset)
SMALL_FORMAT(Q5_1, 24, f16_first, f16_second, MIN, 0, fifth_min)
SMALL_FORMAT(Q8_0, 34, f16_first, no_min, OFFSET, 1, byte_signed)
SMALL_FORMAT(IQ4_NL, 18, f16_first, no_min, OFFSET, 1, byte_signed)
SMALL_FORMAT(MXFP4, 17, MXFP4_scale, no_min, OFFSET, 0, fifth_offset)
LARGE_FORMAT(Q4_K, 144, 32, MIN, 0, k_nibble)
LARGE_FORMAT(Q5_K, 176, 32, MIN, 0, k_fifth)
LARGE_FORMAT(Q2_K, 84, 16, MIN, 0, k_two)
LARGE_FORMAT(Q3_K, 110, 16, OFFSET, 0, k_three)
LARGE_FORMAT(Q6_K, 210, 16, OFFSET, 0, k_six)
LARGE_FORMAT(IQ4_XS, 136, 32, OFFSET, 1, k_signed)
LARGE_FORMAT(TQ1_0, 54, 256, OFFSET, 0, k_ternary)
LARGE_FORMAT(TQ2_0, 66, 256, OFFSET, 0, k_ternary)

// Rows `first` to `end` of a with all columns: d[row, j] is written to d + d_at[j] + 4 * row.
TB_EXPORT void TB(mul_mat)(i32 type, const u8* a, i64 nb_a, i64 k, const u8* act, i64 columns, u8* d, const i64* d_at, i64 first, i64 end, u8* scratch) {
    product p = {a, nb_a, k, act, columns, d, d_at, scratch};
    switch (type) {
#define CASE(type) case type: type##_product(&p, first, end); return;
    CASE(Q4_0) CASE(Q4_1) CASE(Q5_0) CASE(Q5_1) CASE(Q8_0) CASE(IQ4_NL) CASE(MXFP4)
    CASE(Q4_K) CASE(Q5_K) CASE(Q2_K) CASE(Q3_K) CASE(Q6_K) CASE(IQ4_XS) CASE(TQ1_0) CASE(TQ2_0)
    }
}
