package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;

/// Element i of one block, straight from the published layout: slow, and nothing shared with the
/// codecs.
interface Formula {
    /// Element `i` of the block that starts at byte `at` of `b`.
    float element(byte[] b, int at, int i);

    static Formula of(TensorType type) {
        return switch (type) {
            case F32 -> (b, at, i) -> Float.intBitsToFloat(u16(b, at) | u16(b, at + 2) << 16);
            case F16 -> (b, at, i) -> f16(b, at);
            case BF16 -> (b, at, i) -> Float.intBitsToFloat(u16(b, at) << 16);
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1 -> LegacyFormulas.of(type);
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K -> KFormulas.of(type);
            case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S -> IqFormulas.of(type);
            case IQ4_NL, IQ4_XS, TQ1_0, TQ2_0, Q1_0, Q2_0, MXFP4, NVFP4 -> LowBitFormulas.of(type);
            case I8, I16, I32, I64, F64 ->
                    throw new IllegalArgumentException(type + " has no formula");
        };
    }

    static int u8(byte[] b, int at) {
        return Byte.toUnsignedInt(b[at]);
    }

    static int u16(byte[] b, int at) {
        return u8(b, at) + 256 * u8(b, at + 1);
    }

    static float f16(byte[] b, int at) {
        return f16(u16(b, at));
    }

    /// IEEE binary16 by its definition, not by the JDK's conversion.
    static float f16(int bits) {
        int sign = bits >= 0x8000 ? -1 : 1;
        int exponent = (bits >> 10) % 32;
        int fraction = bits % 1024;
        if (exponent == 31) {
            return fraction == 0 ? sign * Float.POSITIVE_INFINITY : Float.NaN;
        }
        double magnitude =
                exponent == 0
                        ? fraction * Math.pow(2, -24)
                        : (1024 + fraction) * Math.pow(2, exponent - 25);
        return (float) (sign * magnitude);
    }

    /// `width` bits from bit `bit` of the bytes at `at`, counted from the lowest bit of the first
    /// byte.
    static int bits(byte[] b, int at, int bit, int width) {
        int value = 0;
        for (int k = 0; k < width; k++) {
            int position = bit + k;
            value += (u8(b, at + position / 8) >> position % 8) % 2 << k;
        }
        return value;
    }
}
