// Packing the blocks of ROWS rows, and back.
#ifndef TB_PACKING_H
#define TB_PACKING_H

#include "blocks.h"

// Bytes `at` to `at + 16` of rows as they lie in a file, as load_quads gives them.
TB_INLINE void gather_quads(const u8* const rows[ROWS], i64 at, u8r out[4]) {
#if ROWS == 8
    __m256i r04 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[0] + at))), _mm_loadu_si128((const __m128i*)(rows[4] + at)), 1);
    __m256i r15 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[1] + at))), _mm_loadu_si128((const __m128i*)(rows[5] + at)), 1);
    __m256i r26 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[2] + at))), _mm_loadu_si128((const __m128i*)(rows[6] + at)), 1);
    __m256i r37 = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)(rows[3] + at))), _mm_loadu_si128((const __m128i*)(rows[7] + at)), 1);
    __m256i a = _mm256_unpacklo_epi32(r04, r15), b = _mm256_unpackhi_epi32(r04, r15);
    __m256i c = _mm256_unpacklo_epi32(r26, r37), d = _mm256_unpackhi_epi32(r26, r37);
    out[0] = (u8r)_mm256_unpacklo_epi64(a, c);
    out[1] = (u8r)_mm256_unpackhi_epi64(a, c);
    out[2] = (u8r)_mm256_unpacklo_epi64(b, d);
    out[3] = (u8r)_mm256_unpackhi_epi64(b, d);
#else
    u32r r0 = LOAD(u32r, rows[0] + at), r1 = LOAD(u32r, rows[1] + at), r2 = LOAD(u32r, rows[2] + at), r3 = LOAD(u32r, rows[3] + at);
    u32r a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), b = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    u32r c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    out[0] = (u8r)__builtin_shufflevector(a, c, 0, 1, 4, 5);
    out[1] = (u8r)__builtin_shufflevector(a, c, 2, 3, 6, 7);
    out[2] = (u8r)__builtin_shufflevector(b, d, 0, 1, 4, 5);
    out[3] = (u8r)__builtin_shufflevector(b, d, 2, 3, 6, 7);
#endif
}

// The bytes before a block's words of four; what is behind them is a half, or nothing.
TB_INLINE i64 head_bytes(i64 block_bytes, int is_small) { return is_small ? block_bytes % 4 : 0; }

// Packs the blocks at byte `start` of ROWS rows, which lie anywhere.
TB_INLINE void pack_block(const u8* const rows[ROWS], i64 start, i64 block_bytes, i64 head, placer* place, u8* to) {
    UNROLL for (int r = 0; r < ROWS; r++) {
        UNROLL for (i64 i = 0; i < head; i++) to[head * r + i] = rows[r][start + i];
    }
    i64 at = head;
    for (; at + 16 <= block_bytes; at += 16) {
        u8r four[4];
        gather_quads(rows, start + at, four);
        UNROLL for (int j = 0; j < 4; j++) STORE(u8r, to + ROWS * (place(at) + 4 * j), four[j]);
    }
    for (; at + 4 <= block_bytes; at += 4) {
        UNROLL for (int r = 0; r < ROWS; r++) __builtin_memcpy(to + ROWS * place(at) + 4 * r, rows[r] + start + at, 4);
    }
    if (at < block_bytes) {
        UNROLL for (int r = 0; r < ROWS; r++) __builtin_memcpy(to + ROWS * place(at) + 2 * r, rows[r] + start + at, 2);
    }
}

// The block of row `r` of those that were packed.
TB_INLINE void unpack_block(const u8* packed, int r, i64 block_bytes, i64 head, placer* place, u8* to) {
    for (i64 i = 0; i < head; i++) to[i] = packed[head * r + i];
    i64 at = head;
    for (; at + 4 <= block_bytes; at += 4) __builtin_memcpy(to + at, packed + ROWS * place(at) + 4 * r, 4);
    if (at < block_bytes) __builtin_memcpy(to + at, packed + ROWS * place(at) + 2 * r, 2);
}

#endif
