package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Blocks of elements of one or two bits, or one ternary digit, with one F16 scale d.
enum LowBitBlocks implements RowCodec {
    /// `d f16 | 128 bits`; x = d where the bit is set, else −d.
    Q1_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 128, at += 18) {
                float d = Bytes.f16(source, at);
                for (int j = 0; j < 128; j++) {
                    int q = Bytes.u8(source, at + 2 + j / 8) >> j % 8 & 1;
                    target[i + j] = q == 1 ? d : -d;
                }
            }
        }
    },

    /// `d f16 | 64 quants of 2 bits`; x = d·(q − 1), so 2·d too is possible.
    Q2_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 64, at += 18) {
                float d = Bytes.f16(source, at);
                for (int j = 0; j < 64; j++) {
                    int q = Bytes.u8(source, at + 2 + j / 4) >> j % 4 * 2 & 3;
                    target[i + j] = (q - 1) * d;
                }
            }
        }
    },

    /// `48 bytes of 5 ternary digits | 4 bytes of 4 | d f16`; x = d·(digit − 1). Digit n of 32
    /// (then 16, then 4) neighbouring bytes are neighbouring elements.
    TQ1_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 256, at += 54) {
                float d = Bytes.f16(source, at + 52);
                digits(source, at, 32, 5, d, target, i);
                digits(source, at + 32, 16, 5, d, target, i + 160);
                digits(source, at + 48, 4, 4, d, target, i + 240);
            }
        }
    },

    /// `64 bytes of 2 bits | d f16`; x = d·(q − 1). A byte holds four elements 32 apart.
    TQ2_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += 256, at += 66) {
                float d = Bytes.f16(source, at + 64);
                for (int run = 0; run < 8; run++) {
                    long quants = at + run / 4 * 32;
                    int shift = run % 4 * 2;
                    for (int j = 0; j < 32; j++) {
                        int q = Bytes.u8(source, quants + j) >> shift & 3;
                        target[i + 32 * run + j] = (q - 1) * d;
                    }
                }
            }
        }
    };

    /// A byte b stands for the fraction b/256, whose ternary digits after the point are the
    /// elements: times 3 moves the next digit before the point.
    private static void digits(
            MemorySegment source,
            long offset,
            int byteCount,
            int digitCount,
            float d,
            float[] target,
            int targetIndex) {
        int power = 1;
        int to = targetIndex;
        for (int n = 0; n < digitCount; n++) {
            for (int j = 0; j < byteCount; j++) {
                int fraction = Bytes.u8(source, offset + j) * power & 0xFF;
                target[to++] = ((fraction * 3 >> 8) - 1) * d;
            }
            power *= 3;
        }
    }
}
