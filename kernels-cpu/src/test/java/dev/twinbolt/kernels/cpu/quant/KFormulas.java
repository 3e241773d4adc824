package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;

/// The formats of 256 elements with integer scales per group.
final class KFormulas {
    private KFormulas() {}

    static Formula of(TensorType type) {
        return switch (type) {
            case Q2_K ->
                    (b, at, i) -> {
                        int scale = Formula.u8(b, at + i / 16);
                        return Formula.f16(b, at + 80) * (scale % 16) * twoBits(b, at + 16, i)
                                - Formula.f16(b, at + 82) * (scale / 16);
                    };
            case Q3_K ->
                    (b, at, i) -> {
                        int third = Formula.bits(b, at + i % 32, i / 32, 1);
                        int q = twoBits(b, at + 32, i) - (third == 1 ? 0 : 4);
                        return Formula.f16(b, at + 108) * (scaleOfQ3(b, at + 96, i / 16) - 32) * q;
                    };
            case Q4_K ->
                    (b, at, i) -> {
                        int q = Formula.bits(b, at + 16 + i / 64 * 32 + i % 32, i % 64 / 32 * 4, 4);
                        return withMin(b, at, i, q);
                    };
            case Q5_K ->
                    (b, at, i) -> {
                        int low =
                                Formula.bits(b, at + 48 + i / 64 * 32 + i % 32, i % 64 / 32 * 4, 4);
                        int fifth = Formula.bits(b, at + 16 + i % 32, i / 32, 1);
                        return withMin(b, at, i, low + 16 * fifth);
                    };
            case Q6_K ->
                    (b, at, i) -> {
                        int run = i % 128 / 32;
                        int lows = at + i / 128 * 64 + run % 2 * 32 + i % 32;
                        int q =
                                Formula.bits(b, lows, run / 2 * 4, 4)
                                        + 16 * twoBits(b, at + 128, i)
                                        - 32;
                        return Formula.f16(b, at + 208) * b[at + 192 + i / 16] * q;
                    };
            case Q8_K ->
                    (b, at, i) -> {
                        int d = Formula.u16(b, at) | Formula.u16(b, at + 2) << 16;
                        return Float.intBitsToFloat(d) * b[at + 4 + i];
                    };
            default -> throw new IllegalArgumentException(type + " has no formula here");
        };
    }

    /// Each half of 128 elements has 32 bytes; bits 2r and 2r + 1 belong to its run r of 32
    /// elements.
    private static int twoBits(byte[] b, int at, int i) {
        return Formula.bits(b, at + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2);
    }

    /// The four words that ggml unpacks the twelve bytes to, four scales in each.
    private static int scaleOfQ3(byte[] b, int at, int k) {
        int first = word(b, at);
        int second = word(b, at + 4);
        int third = word(b, at + 8);
        int[] words = {
            first & 0x0F0F0F0F | (third & 0x03030303) << 4,
            second & 0x0F0F0F0F | (third >>> 2 & 0x03030303) << 4,
            first >>> 4 & 0x0F0F0F0F | (third >>> 4 & 0x03030303) << 4,
            second >>> 4 & 0x0F0F0F0F | (third >>> 6 & 0x03030303) << 4
        };
        return words[k / 4] >>> k % 4 * 8 & 0xFF;
    }

    private static int word(byte[] b, int at) {
        return Formula.u16(b, at) | Formula.u16(b, at + 2) << 16;
    }

    private static float withMin(byte[] b, int at, int i, int q) {
        int g = i / 32;
        int scales = at + 4;
        int scale;
        int min;
        if (g < 4) {
            scale = Formula.bits(b, scales + g, 0, 6);
            min = Formula.bits(b, scales + 4 + g, 0, 6);
        } else {
            int k = g - 4;
            scale = Formula.bits(b, scales + 8 + k, 0, 4) + 16 * Formula.bits(b, scales + k, 6, 2);
            min =
                    Formula.bits(b, scales + 8 + k, 4, 4)
                            + 16 * Formula.bits(b, scales + 4 + k, 6, 2);
        }
        return Formula.f16(b, at) * scale * q - Formula.f16(b, at + 2) * min;
    }
}
