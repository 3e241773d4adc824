// Included before a kernel file: the oldest aarch64 on x86-64 with AVX2, its instructions by SIMDe.
#include <immintrin.h>
#include <simde/arm/neon/dup_n.h>
#include <simde/arm/neon/ld1.h>
#include <simde/arm/neon/max.h>
#include <simde/arm/neon/min.h>
#include <simde/arm/neon/qtbl.h>
#include <simde/arm/neon/reinterpret.h>

// SIMDe keeps four halves in a union, which is not to be cast to from a vector.
typedef unsigned short emulated_float16x4_t __attribute__((vector_size(8)));
typedef float emulated_float32x4_t __attribute__((vector_size(16)));

static inline emulated_float32x4_t emulated_vcvt_f32_f16(emulated_float16x4_t halves) {
    return _mm_cvtph_ps((__m128i)__builtin_shufflevector(halves, halves, 0, 1, 2, 3, 0, 1, 2, 3));
}

static inline emulated_float16x4_t emulated_vcvt_f16_f32(emulated_float32x4_t x) {
    typedef unsigned short u16x8 __attribute__((vector_size(16)));
    u16x8 halves = (u16x8)_mm_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
    return __builtin_shufflevector(halves, halves, 0, 1, 2, 3);
}

#define int32x4_t simde_int32x4_t
#define int8x16_t simde_int8x16_t
#define uint8x16_t simde_uint8x16_t
#define float16x4_t emulated_float16x4_t
#define __fp16 _Float16
#define vcvt_f16_f32 emulated_vcvt_f16_f32
#define vcvt_f32_f16 emulated_vcvt_f32_f16
#define vdupq_n_s32 simde_vdupq_n_s32
#define vld1_u16 simde_vld1_u16
#define vld1q_s8 simde_vld1q_s8
#define vmaxq_f32 simde_vmaxq_f32
#define vminq_f32 simde_vminq_f32
#define vqtbl1q_u8 simde_vqtbl1q_u8
#define vreinterpret_f16_u16(halves) ((emulated_float16x4_t)(halves))
#define vreinterpretq_s8_s32 simde_vreinterpretq_s8_s32

// Keeps sums in registers of another name.
#define __asm__(...)

#include "quick.h"

#undef __x86_64__
#undef __SSE2__
#undef __AVX2__
#undef __FMA__
#undef __F16C__
#define __aarch64__ 1
