package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 elements in groups with small integer scales, under one or two F16 scales: `x =
/// d·scale·q − dmin·min`, or `x = d·scale·q`.
enum KBlocks implements RowCodec {
    /// `16 scales (low nibble) and mins (high) | 64 bytes of 2 bits | d f16 | dmin f16`; groups of
    /// 16.
    Q2_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 84) {
                float d = Bytes.f16(source, at + 80);
                float dmin = Bytes.f16(source, at + 82);
                for (int g = 0; g < 16; g++) {
                    int scale = Bytes.u8(source, at + g);
                    float step = d * (scale & 15);
                    float min = dmin * (scale >> 4);
                    long quants = at + 16 + quantsOfGroup(g);
                    int shift = g % 8 / 2 * 2;
                    for (int j = 0; j < 16; j++) {
                        int q = Bytes.u8(source, quants + j) >> shift & 3;
                        target[i + 16 * g + j] = step * q - min;
                    }
                }
            }
        }
    },

    /// `32 bytes of third bits | 64 bytes of low 2 bits | 12 bytes of 16 scales of 6 bits | d f16`;
    /// groups of 16. Scales lie 32 too high, quants 4.
    Q3_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 110) {
                float d = Bytes.f16(source, at + 108);
                for (int g = 0; g < 16; g++) {
                    int low = Bytes.u8(source, at + 96 + g % 8) >> g / 8 * 4 & 15;
                    int high = Bytes.u8(source, at + 104 + g % 4) >> g / 4 * 2 & 3;
                    float step = d * ((low | high << 4) - 32);
                    long quants = at + 32 + quantsOfGroup(g);
                    long thirds = at + g % 2 * 16;
                    int shift = g % 8 / 2 * 2;
                    int third = g / 2;
                    for (int j = 0; j < 16; j++) {
                        int q = Bytes.u8(source, quants + j) >> shift & 3;
                        int bit = Bytes.u8(source, thirds + j) >> third & 1;
                        target[i + 16 * g + j] = step * ((q | bit << 2) - 4);
                    }
                }
            }
        }
    },

    /// `d f16 | dmin f16 | 12 bytes of 8 scales and 8 mins of 6 bits | 128 bytes of nibbles`;
    /// groups of 32, two groups to 32 bytes.
    Q4_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 144) {
                float d = Bytes.f16(source, at);
                float dmin = Bytes.f16(source, at + 2);
                for (int pair = 0; pair < 4; pair++) {
                    float lowStep = d * scale(source, at + 4, 2 * pair);
                    float lowMin = dmin * min(source, at + 4, 2 * pair);
                    float highStep = d * scale(source, at + 4, 2 * pair + 1);
                    float highMin = dmin * min(source, at + 4, 2 * pair + 1);
                    long quants = at + 16 + 32 * pair;
                    int to = i + 64 * pair;
                    for (int j = 0; j < 32; j++) {
                        int q = Bytes.u8(source, quants + j);
                        target[to + j] = lowStep * (q & 15) - lowMin;
                        target[to + j + 32] = highStep * (q >> 4) - highMin;
                    }
                }
            }
        }
    },

    /// As Q4_K, with 32 bytes of fifth bits before the nibbles: bit g of byte j is that of group
    /// g's element j.
    Q5_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 176) {
                float d = Bytes.f16(source, at);
                float dmin = Bytes.f16(source, at + 2);
                for (int pair = 0; pair < 4; pair++) {
                    float lowStep = d * scale(source, at + 4, 2 * pair);
                    float lowMin = dmin * min(source, at + 4, 2 * pair);
                    float highStep = d * scale(source, at + 4, 2 * pair + 1);
                    float highMin = dmin * min(source, at + 4, 2 * pair + 1);
                    long quants = at + 48 + 32 * pair;
                    int to = i + 64 * pair;
                    for (int j = 0; j < 32; j++) {
                        int q = Bytes.u8(source, quants + j);
                        int fifths = Bytes.u8(source, at + 16 + j) >> 2 * pair;
                        int low = q & 15 | (fifths & 1) << 4;
                        int high = q >> 4 | (fifths & 2) << 3;
                        target[to + j] = lowStep * low - lowMin;
                        target[to + j + 32] = highStep * high - highMin;
                    }
                }
            }
        }
    },

    /// `128 bytes of low nibbles | 64 bytes of high 2 bits | 16 signed scales | d f16`; groups of
    /// 16. Quants lie 32 too high. Of each half of 128 elements, 64 bytes hold elements 0 to 63 as
    /// low and 64 to 127 as high nibbles, and 32 bytes the high bits of four runs of 32.
    Q6_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 210) {
                float d = Bytes.f16(source, at + 208);
                for (int g = 0; g < 16; g++) {
                    float step = d * Bytes.s8(source, at + 192 + g);
                    int inHalf = g % 8;
                    long lows = at + g / 8 * 64 + inHalf % 4 * 16;
                    int lowShift = inHalf / 4 * 4;
                    long highs = at + 128 + quantsOfGroup(g);
                    int highShift = inHalf / 2 * 2;
                    for (int j = 0; j < 16; j++) {
                        int low = Bytes.u8(source, lows + j) >> lowShift & 15;
                        int high = Bytes.u8(source, highs + j) >> highShift & 3;
                        target[i + 16 * g + j] = step * ((low | high << 4) - 32);
                    }
                }
            }
        }
    },

    /// `d f32 | 256 signed bytes | 16 sums of 16 bytes, i16`; x = d·q. The sums only serve dot
    /// products.
    Q8_K {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 292) {
                float d = source.get(Bytes.FLOAT, at);
                for (int j = 0; j < SIZE; j++) {
                    target[i + j] = d * Bytes.s8(source, at + 4 + j);
                }
            }
        }
    };

    private static final int SIZE = 256;

    /// Where the 16 bytes of group `g` start when a byte holds 2 bits of four elements 32 apart.
    private static int quantsOfGroup(int g) {
        return g / 8 * 32 + g % 2 * 16;
    }

    /// Scale `g` of Q4_K and Q5_K: the first four are the low 6 bits of bytes 0 to 3; of the
    /// others, bytes 8 to 11 have the low nibble and the top of bytes 0 to 3 the high 2 bits.
    private static int scale(MemorySegment source, long scales, int g) {
        if (g < 4) {
            return Bytes.u8(source, scales + g) & 63;
        }
        return Bytes.u8(source, scales + g + 4) & 15 | Bytes.u8(source, scales + g - 4) >> 6 << 4;
    }

    /// Min `g` of Q4_K and Q5_K, as [#scale] with bytes 4 to 7 and the high nibble.
    private static int min(MemorySegment source, long scales, int g) {
        if (g < 4) {
            return Bytes.u8(source, scales + g + 4) & 63;
        }
        return Bytes.u8(source, scales + g + 4) >> 4 | Bytes.u8(source, scales + g) >> 6 << 4;
    }
}
