package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;

/// The formats of one and two bits or ternary digits, the 4-bit floats, and the uneven nibbles.
final class LowBitFormulas {
    private static final int[] UNEVEN = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };

    private LowBitFormulas() {}

    static Formula of(TensorType type) {
        return switch (type) {
            case Q1_0 -> (b, at, i) -> (2 * Formula.bits(b, at + 2, i, 1) - 1) * Formula.f16(b, at);
            case Q2_0 -> (b, at, i) -> (Formula.bits(b, at + 2, 2 * i, 2) - 1) * Formula.f16(b, at);
            case TQ1_0 ->
                    (b, at, i) -> {
                        int digit;
                        if (i < 160) {
                            digit = digit(b, at + i % 32, i / 32);
                        } else if (i < 240) {
                            digit = digit(b, at + 32 + (i - 160) % 16, (i - 160) / 16);
                        } else {
                            digit = digit(b, at + 48 + (i - 240) % 4, (i - 240) / 4);
                        }
                        return (digit - 1) * Formula.f16(b, at + 52);
                    };
            case TQ2_0 ->
                    (b, at, i) -> {
                        int q = Formula.bits(b, at + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2);
                        return (q - 1) * Formula.f16(b, at + 64);
                    };
            case MXFP4 ->
                    (b, at, i) -> {
                        double scale = Math.pow(2, Formula.u8(b, at) - 127);
                        return (float)
                                (fourBitFloat(Formula.bits(b, at + 1 + i % 16, i / 16 * 4, 4))
                                        * scale);
                    };
            case NVFP4 ->
                    (b, at, i) -> {
                        int quants = at + 4 + i / 16 * 8;
                        int q = Formula.bits(b, quants + i % 8, i % 16 / 8 * 4, 4);
                        return (float) (fourBitFloat(q) * eightBitFloat(b, at + i / 16));
                    };
            case IQ4_NL ->
                    (b, at, i) ->
                            Formula.f16(b, at)
                                    * UNEVEN[Formula.bits(b, at + 2 + i % 16, i / 16 * 4, 4)];
            case IQ4_XS ->
                    (b, at, i) -> {
                        int g = i / 32;
                        int scale =
                                Formula.bits(b, at + 4, 4 * g, 4)
                                        + 16 * Formula.bits(b, at + 2, 2 * g, 2);
                        int q = Formula.bits(b, at + 8 + 16 * g + i % 16, i % 32 / 16 * 4, 4);
                        return Formula.f16(b, at) * (scale - 32) * UNEVEN[q];
                    };
            default -> throw new IllegalArgumentException(type + " has no formula here");
        };
    }

    /// Ternary digit `n` after the point of the fraction byte/256.
    private static int digit(byte[] b, int at, int n) {
        return (int) (Formula.u8(b, at) * Math.pow(3, n + 1) / 256) % 3;
    }

    /// Sign, two exponent bits with bias 1, one fraction bit; without a negative zero.
    private static double fourBitFloat(int q) {
        int exponent = q / 2 % 4;
        double fraction = q % 2 / 2.0;
        double magnitude = exponent == 0 ? fraction : (1 + fraction) * Math.pow(2, exponent - 1);
        return magnitude == 0 || q < 8 ? magnitude : -magnitude;
    }

    /// Four exponent bits with bias 7, three fraction bits.
    private static double eightBitFloat(byte[] b, int at) {
        int exponent = Formula.bits(b, at, 3, 4);
        double fraction = Formula.bits(b, at, 0, 3) / 8.0;
        if (Formula.u8(b, at) == 0x7F) {
            return 0;
        }
        return exponent == 0
                ? fraction * Math.pow(2, -6)
                : (1 + fraction) * Math.pow(2, exponent - 7);
    }
}
