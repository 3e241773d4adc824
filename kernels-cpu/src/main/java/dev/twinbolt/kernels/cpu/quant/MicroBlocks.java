package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Floats of 4 bits (E2M1: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives) under a scale of 8 bits.
///
/// The table holds the elements doubled, so the scales are halved. Sources: OCP Microscaling
/// Formats 1.0; ggml `ggml-common.h`, `ggml-impl.h`.
enum MicroBlocks implements RowCodec {
    /// `scale E8M0 | 16 bytes of nibbles`: 32 elements, low nibbles first. The scale is 2^(e −
    /// 127); 255 (NaN in the standard) is read as 2^128, as ggml does.
    MXFP4 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 32, at += 17) {
                float halfScale = halfPower(Bytes.u8(source, at));
                elements(source, at + 1, 16, halfScale, target, i);
            }
        }
    },

    /// `4 scales UE4M3 | 32 bytes of nibbles`: 64 elements in 4 groups of 16, in each the low
    /// nibbles first.
    NVFP4 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 64, at += 36) {
                for (int g = 0; g < 4; g++) {
                    float halfScale = halfMinifloat(Bytes.u8(source, at + g));
                    elements(source, at + 4 + 8 * g, 8, halfScale, target, i + 16 * g);
                }
            }
        }
    };

    private static final byte[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private static void elements(
            MemorySegment source,
            long offset,
            int byteCount,
            float halfScale,
            float[] target,
            int targetIndex) {
        for (int j = 0; j < byteCount; j++) {
            int q = Bytes.u8(source, offset + j);
            target[targetIndex + j] = DOUBLED[q & 15] * halfScale;
            target[targetIndex + j + byteCount] = DOUBLED[q >> 4] * halfScale;
        }
    }

    /// 2^(exponent − 128), subnormal below 2.
    private static float halfPower(int exponent) {
        return Float.intBitsToFloat(exponent < 2 ? 0x200000 << exponent : (exponent - 1) << 23);
    }

    /// Half of a float of 4 exponent bits (bias 7) and 3 fraction bits; 0x7F (NaN) is 0 and the
    /// sign bit is not looked at, as ggml does.
    private static float halfMinifloat(int bits) {
        int exponent = bits >> 3 & 15;
        int fraction = bits & 7;
        if (bits == 0x7F) {
            return 0;
        }
        return exponent == 0
                ? fraction * 0x1p-10f
                : (8 + fraction) * Float.intBitsToFloat((exponent - 11 + 127) << 23);
    }
}
