// What every kernel file includes. Each is compiled once per variant, with that variant's instructions allowed and its name in TB_VARIANT.
#ifndef TB_KERNELS_H
#define TB_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#else
#error "expected x86-64 or aarch64"
#endif

#define TB_PASTE_(variant, name) tb_##variant##_##name
#define TB_PASTE(variant, name) TB_PASTE_(variant, name)

// The exported name of this variant's `name`, such as tb_avx2_sum.
#define TB(name) TB_PASTE(TB_VARIANT, name)

#if defined(_WIN32)
#define TB_EXPORT __declspec(dllexport)
#else
#define TB_EXPORT __attribute__((visibility("default")))
#endif

// Every kernel: computes `from` to `to` of an op's rows, or of what else its threads share, and gets its arguments at an address: 8-byte fields in the
// order of its struct, floats as doubles, which Java writes (NativeArguments.java). `scratch` is memory of the thread's own, aligned to 64 bytes, for
// those that use some. One prototype for all, as the JVM makes a dozen classes for each.
#define TB_KERNEL(op) TB_EXPORT void TB(op)(int64_t arguments, int64_t from, int64_t to, __attribute__((unused)) int64_t scratch)

#define TB_INLINE static inline __attribute__((always_inline))

// Where the bits of 16-bit floats lie between bytes of other fields, fields may be unaligned: copy them, never cast the pointer.
#define TB_LOAD(type, address)                                                                                                             \
    ({                                                                                                                                     \
        type tb_loaded_;                                                                                                                   \
        __builtin_memcpy(&tb_loaded_, (address), sizeof(type));                                                                            \
        tb_loaded_;                                                                                                                        \
    })

#endif
