package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.gguf.TensorType;
import java.util.Random;

/// Blocks of random bytes whose scales are finite.
final class RandomBlocks {
    private RandomBlocks() {}

    static byte[] of(TensorType type, int blockCount, long seed) {
        byte[] bytes = new byte[blockCount * type.blockBytes()];
        new Random(seed).nextBytes(bytes);
        for (int at = 0; at < bytes.length; at += type.blockBytes()) {
            for (int high : highBytesOfScales(type)) {
                // Without the exponent's highest bit no number is infinite or NaN.
                bytes[at + high] &= (byte) 0xBF;
            }
        }
        return bytes;
    }

    private static int[] highBytesOfScales(TensorType type) {
        return switch (type) {
            case F32, Q8_K -> new int[] {3};
            case Q4_1, Q5_1, Q8_1, Q4_K, Q5_K -> new int[] {1, 3};
            case Q2_K -> new int[] {81, 83};
            case Q3_K -> new int[] {109};
            case Q6_K -> new int[] {209};
            case TQ1_0 -> new int[] {53};
            case TQ2_0 -> new int[] {65};
            case IQ1_M -> new int[] {55};
            case MXFP4, NVFP4 -> new int[] {};
            default -> new int[] {1};
        };
    }
}
