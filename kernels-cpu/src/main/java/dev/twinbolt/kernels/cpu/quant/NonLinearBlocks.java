package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Blocks whose nibbles choose one of 16 unevenly spaced values: `x = d·value[q]`.
enum NonLinearBlocks implements RowCodec {
    /// `d f16 | 16 bytes of nibbles`: 32 elements, low nibbles first.
    IQ4_NL {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 18) {
                elements(source, at + 2, Bytes.f16(source, at), target, i);
            }
        }

        @Override
        public boolean canQuantize() {
            return true;
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 18) {
                float first = firstScale(source, i);
                float inverse = first != 0 ? 1 / first : 0;
                float products = 0;
                float squares = 0;
                for (int j = 0; j < HALF; j++) {
                    int low = nearest(source[i + j] * inverse);
                    int high = nearest(source[i + j + HALF] * inverse);
                    Bytes.put8(target, at + 2 + j, low | high << 4);
                }
                for (int j = 0; j < SIZE; j++) {
                    float x = source[i + j];
                    float value = VALUES[nearest(x * inverse)];
                    float weight = x * x;
                    products += weight * value * x;
                    squares += weight * value * value;
                }
                Bytes.putF16(target, at, squares > 0 ? products / squares : 0);
            }
        }
    },

    /// `d f16 | 8 high 2 bits of scales | 8 low nibbles of scales | 128 bytes of nibbles`: 256
    /// elements in 8 groups as IQ4_NL's, each with a scale of 6 bits that lies 32 too high.
    IQ4_XS {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 256, at += 136) {
                float d = Bytes.f16(source, at);
                int highs = Bytes.u16(source, at + 2);
                int lows = Bytes.i32(source, at + 4);
                for (int g = 0; g < 8; g++) {
                    int scale = lows >>> 4 * g & 15 | (highs >> 2 * g & 3) << 4;
                    elements(source, at + 8 + 16 * g, d * (scale - 32), target, i + SIZE * g);
                }
            }
        }
    };

    private static final byte[] VALUES = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };
    private static final int SIZE = 32;
    private static final int HALF = 16;

    private static void elements(
            MemorySegment source, long offset, float d, float[] target, int targetIndex) {
        for (int j = 0; j < HALF; j++) {
            int q = Bytes.u8(source, offset + j);
            target[targetIndex + j] = d * VALUES[q & 15];
            target[targetIndex + j + HALF] = d * VALUES[q >> 4];
        }
    }

    /// The scale that takes the element farthest from zero to the value farthest from zero; 0 for a
    /// block of zeros. The quants are chosen with it; the stored scale then is the one of least
    /// squared error, weighted by the squares of the elements.
    private static float firstScale(float[] source, int index) {
        float largest = 0;
        for (int j = 0; j < SIZE; j++) {
            float value = source[index + j];
            if (Math.abs(value) > Math.abs(largest)) {
                largest = value;
            }
        }
        return Math.abs(largest) < 1e-15f ? 0 : largest / VALUES[0];
    }

    /// The index of the value nearest to `x`, the upper one of two as near.
    private static int nearest(float x) {
        int last = VALUES.length - 1;
        int upper = 1;
        while (upper < last && x >= VALUES[upper]) {
            upper++;
        }
        return x - VALUES[upper - 1] < VALUES[upper] - x ? upper - 1 : upper;
    }
}
