// The calls that a compiler makes by itself where it copies or clears a struct or an array, as there is no C library. Kernels do not call
// them.
#include "kernels.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    uint8_t *t = to;
    const uint8_t *f = from;
    for (size_t i = 0; i < bytes; i++) {
        t[i] = f[i];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    uint8_t *t = to;
    for (size_t i = 0; i < bytes; i++) {
        t[i] = (uint8_t)value;
    }
    return to;
}

#if defined(__APPLE__)
#if defined(__x86_64__)
#define TB_CLEAR __bzero
#else
#define TB_CLEAR bzero
#endif

void TB_CLEAR(void *to, size_t bytes);

void TB_CLEAR(void *to, size_t bytes) {
    uint8_t *t = to;
    for (size_t i = 0; i < bytes; i++) {
        t[i] = 0;
    }
}
#endif
