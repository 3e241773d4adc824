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
            case F32, Q4_1, Q5_1, Q8_1 -> new int[] {1, 3};
            default -> new int[] {1};
        };
    }
}
