package dev.twinbolt.engine.tensor;

import java.util.Locale;

/// What computes a tensor from its sources, with typed parameters. Names and meanings are ggml's;
/// a, b, c are sources 0, 1, 2 and d is the result. The rules of shapes and types are in [OpRules].
public sealed interface Op {
    /// ggml's name of the op, such as `RMS_NORM`.
    default String name() {
        return getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                .toUpperCase(Locale.ROOT);
    }

    /// Whether the op only names memory and computes nothing.
    default boolean isNoOp() {
        return this instanceof None
                || this instanceof Reshape
                || this instanceof View
                || this instanceof Permute
                || this instanceof Transpose;
    }

    /// Data: a weight, a cache, an input.
    record None() implements Op {}

    /// a with another shape, same memory.
    record Reshape() implements Op {}

    /// A window into a.
    record View() implements Op {}

    /// a with its dimensions in another order: dimension `i` of a becomes dimension `axis i` of d.
    record Permute(int axis0, int axis1, int axis2, int axis3) implements Op {}

    /// a with its two inner dimensions exchanged.
    record Transpose() implements Op {}

    /// A copy of a in memory of its own.
    record Dup() implements Op {}

    /// A contiguous copy of a, perhaps of another shape.
    record Cont() implements Op {}

    /// a converted and copied into the memory of d, element by element in row-major order.
    record Cpy() implements Op {}

    /// a + b, b repeated.
    record Add() implements Op {}

    /// a − b, b repeated.
    record Sub() implements Op {}

    /// a · b by element, b repeated.
    record Mul() implements Op {}

    /// a / b by element, b repeated.
    record Div() implements Op {}

    /// `scale`·a + `bias`.
    record Scale(float scale, float bias) implements Op {}

    /// min(max(a, `min`), `max`).
    record Clamp(float min, float max) implements Op {}

    /// Every element of d is `value`; a gives only the shape.
    record Fill(float value) implements Op {}

    /// `function`(a) by element.
    record Unary(UnaryOp function) implements Op {}

    /// gate(x)·y; x and y are a and b, or the two halves of a's rows (`swapped`: y first). `alpha`
    /// and `limit` are for SWIGLU_OAI.
    record Glu(GluOp function, boolean swapped, float alpha, float limit) implements Op {}

    /// a / √(mean of a² over the row + `epsilon`). Zhang and Sennrich 2019.
    record RmsNorm(float epsilon) implements Op {}

    /// Softmax over rows of `scale`·a + slope·b (mask), with optional sinks c; `maxBias` over 0
    /// gives ALiBi slopes.
    record SoftMax(float scale, float maxBias) implements Op {}

    /// Attention in one op: a = Q \[dk, queries, heads, z\], b = K \[dk, kv, kv heads, z\], c = V
    /// \[dv, kv, kv heads, z\], source 3 = F16 mask \[kv, queries\] or none, source 4 = sinks or
    /// none; d \[dv, heads, queries, z\].
    record FlashAttnExt(float scale, float maxBias, float softcap) implements Op {}

    /// Rotary position embedding (Su et al. 2021) with YaRN (Peng et al. 2023): b = positions, c =
    /// frequency factors or none. Columns `offset` to `offset + dims` of each row are turned.
    record Rope(
            int dims,
            RopeMode mode,
            int originalContext,
            float freqBase,
            float freqScale,
            float extFactor,
            float attnFactor,
            float betaFast,
            float betaSlow,
            int offset)
            implements Op {}

    /// d\[n, m\] = Σk a\[k, n\]·b\[k, m\]; the outer dimensions of a are shared by groups of b's.
    record MulMat() implements Op {}

    /// d\[n, s, t\] = Σk a\[k, n, c\[s, t\]\]·b\[k, s mod b.ne1, t\]: a matrix per expert.
    record MulMatId() implements Op {}

    /// Rows of a by the numbers in b, as F32 (I32 of an I32 a).
    record GetRows() implements Op {}

    /// Rows of a written into source 2 at the row numbers b; d is a view of source 2.
    record SetRows() implements Op {}

    /// a, then b, along `dimension`.
    record Concat(int dimension) implements Op {}

    /// The sum of each row.
    record SumRows() implements Op {}

    /// The order of each row's indices; ties keep the lower index first.
    record Argsort(boolean descending) implements Op {}
}
