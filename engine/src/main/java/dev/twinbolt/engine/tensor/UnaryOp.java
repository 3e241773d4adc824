package dev.twinbolt.engine.tensor;

/// The function that a UNARY op applies to each element, with ggml's names. Formulas: ggml
/// `ggml-cpu/unary-ops.cpp`.
public enum UnaryOp {
    ABS,
    SGN,
    NEG,
    STEP,
    TANH,
    ELU,
    RELU,
    SIGMOID,
    GELU,
    GELU_QUICK,
    SILU,
    HARDSWISH,
    HARDSIGMOID,
    EXP,
    EXPM1,
    SOFTPLUS,
    GELU_ERF,
    FLOOR,
    CEIL,
    ROUND,
    TRUNC
}
