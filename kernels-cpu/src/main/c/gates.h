// Functions of one element that UNARY and GLU share, numbered as in Gate.java.
#ifndef TB_GATES_H
#define TB_GATES_H

#include "vec.h"

enum { TB_RELU, TB_SIGMOID, TB_SILU, TB_GELU, TB_GELU_QUICK, TB_TANH };

TB_INLINE vf tb_gate(int64_t function, vf x) {
    switch (function) {
    case TB_RELU:
        return vf_max(x, (vf){0});
    case TB_SIGMOID:
        return vf_sigmoid(x);
    case TB_SILU:
        return x / (1.0f + vf_exp(-x));
    case TB_GELU: {
        // x/2·(1 + tanh u) is x/(1 + e^−2u); u = √(2/π)·x·(1 + 0.044715·x²).
        vf u = x * vf_fma(x * x, vf_splat(0.044715f), vf_splat(1.0f));
        return x / (1.0f + vf_exp(u * -1.5957691216057308f));
    }
    case TB_GELU_QUICK:
        return x / (1.0f + vf_exp(x * -1.702f));
    default:
        return vf_tanh(x);
    }
}

#endif
