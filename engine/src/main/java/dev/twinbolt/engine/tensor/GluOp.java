package dev.twinbolt.engine.tensor;

/// The gate of a GLU op, with ggml's names. Formulas: ggml `ggml-cpu/ops.cpp`.
public enum GluOp {
    REGLU,
    GEGLU,
    SWIGLU,
    SWIGLU_OAI,
    GEGLU_ERF,
    GEGLU_QUICK
}
