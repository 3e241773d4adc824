package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;

/// The formats of 32 elements with one scale.
final class LegacyFormulas {
    private LegacyFormulas() {}

    static Formula of(TensorType type) {
        return switch (type) {
            case Q4_0 -> (b, at, i) -> (nibble(b, at + 2, i) - 8) * Formula.f16(b, at);
            case Q4_1 ->
                    (b, at, i) ->
                            nibble(b, at + 4, i) * Formula.f16(b, at) + Formula.f16(b, at + 2);
            case Q5_0 ->
                    (b, at, i) ->
                            (nibble(b, at + 6, i) + 16 * Formula.bits(b, at + 2, i, 1) - 16)
                                    * Formula.f16(b, at);
            case Q5_1 ->
                    (b, at, i) ->
                            (nibble(b, at + 8, i) + 16 * Formula.bits(b, at + 4, i, 1))
                                            * Formula.f16(b, at)
                                    + Formula.f16(b, at + 2);
            case Q8_0 -> (b, at, i) -> b[at + 2 + i] * Formula.f16(b, at);
            case Q8_1 -> (b, at, i) -> b[at + 4 + i] * Formula.f16(b, at);
            default -> throw new IllegalArgumentException(type + " has no formula here");
        };
    }

    /// The first 16 elements are the low nibbles, the last 16 the high ones.
    private static int nibble(byte[] b, int at, int i) {
        return i < 16 ? Formula.u8(b, at + i) % 16 : Formula.u8(b, at + i - 16) / 16;
    }
}
