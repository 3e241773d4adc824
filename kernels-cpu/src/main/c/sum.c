// SUM of floats in index order: the smallest kernel there is, to show and to test that each variant is built, found and called.
#include "kernels.h"

TB_EXPORT float TB(sum)(int64_t values, int64_t count) {
    const float *x = (const float *)values;
    float sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += x[i];
    }
    return sum;
}
