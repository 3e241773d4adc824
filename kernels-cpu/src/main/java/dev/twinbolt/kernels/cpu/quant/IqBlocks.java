package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 elements stored as numbers of grid vectors (of 8 or 4 elements), in 8 groups of
/// 32.
///
/// IQ2 and IQ3 keep the signs apart: 8 bits for 8 elements, or 7 of which the eighth follows, their
/// count of minuses being even. IQ1 vectors have signs and are shifted by ±1/8.
enum IqBlocks implements RowCodec {
    /// `d f16 | 32 low bytes of numbers | 8 u16`. The u16 of a group: four times 3 high bits of a
    /// number, scale (3 bits), sign of the shift.
    IQ1_S {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 50) {
                float d = Bytes.f16(source, at);
                for (int g = 0; g < 8; g++) {
                    int highs = Bytes.u16(source, at + 34 + 2 * g);
                    float step = d * (2 * (highs >> 12 & 7) + 1);
                    float shift = shift(highs & 0x8000);
                    for (int k = 0; k < 4; k++) {
                        int low = Bytes.u8(source, at + 2 + 4 * g + k);
                        int entry = low | (highs >> 3 * k & 7) << 8;
                        shifted(entry, step, shift, target, i + 32 * g + 8 * k);
                    }
                }
            }
        }
    },

    /// `32 low bytes of numbers | 16 bytes of nibbles | 4 u16`. A vector's nibble: 3 high bits of
    /// its number, sign of its shift. A u16 has four scales of 3 bits, each for two vectors; the
    /// top nibbles of the four are the F16 scale d, lowest first.
    IQ1_M {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 56) {
                int bits = 0;
                for (int k = 0; k < 4; k++) {
                    bits |= Bytes.u16(source, at + 48 + 2 * k) >> 12 << 4 * k;
                }
                float d = Float.float16ToFloat((short) bits);
                for (int v = 0; v < 32; v++) {
                    int pair = v / 2;
                    int scales = Bytes.u16(source, at + 48 + pair / 4 * 2);
                    float step = d * (2 * (scales >> pair % 4 * 3 & 7) + 1);
                    int nibble = Bytes.u8(source, at + 32 + pair) >> v % 2 * 4;
                    int entry = Bytes.u8(source, at + v) | (nibble & 7) << 8;
                    shifted(entry, step, shift(nibble & 8), target, i + 8 * v);
                }
            }
        }
    },

    /// `d f16 | 8 groups of (4 bytes of numbers, u32)`. The u32: four times 7 signs, scale (4
    /// bits).
    IQ2_XXS {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 66) {
                float d = Bytes.f16(source, at);
                for (int g = 0; g < 8; g++) {
                    int packed = Bytes.i32(source, at + 6 + 8 * g);
                    float step = d * (0.5f + (packed >>> 28)) * 0.25f;
                    for (int k = 0; k < 4; k++) {
                        int entry = Bytes.u8(source, at + 2 + 8 * g + k);
                        int signs = evenSigns(packed >>> 7 * k & 127);
                        signed8(IqGrids.IQ2_XXS, entry, signs, step, target, i + 32 * g + 8 * k);
                    }
                }
            }
        }
    },

    /// `d f16 | 32 u16 | 8 bytes of two scales`. The u16 of a vector: number (9 bits), 7 signs. A
    /// scale serves two vectors.
    IQ2_XS {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 74) {
                float d = Bytes.f16(source, at);
                for (int v = 0; v < 32; v++) {
                    float step = quarterStep(d, Bytes.u8(source, at + 66 + v / 4), v);
                    int packed = Bytes.u16(source, at + 2 + 2 * v);
                    int signs = evenSigns(packed >> 9);
                    signed8(IqGrids.IQ2_XS, packed & 511, signs, step, target, i + 8 * v);
                }
            }
        }
    },

    /// `d f16 | 32 low bytes of numbers | 32 bytes of signs | 8 bytes of four times 2 high bits of
    /// a number | 8 bytes of two scales`. A scale serves two vectors.
    IQ2_S {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 82) {
                float d = Bytes.f16(source, at);
                for (int v = 0; v < 32; v++) {
                    float step = quarterStep(d, Bytes.u8(source, at + 74 + v / 4), v);
                    int high = Bytes.u8(source, at + 66 + v / 4) >> v % 4 * 2 & 3;
                    int entry = Bytes.u8(source, at + 2 + v) | high << 8;
                    int signs = Bytes.u8(source, at + 34 + v);
                    signed8(IqGrids.IQ2_S, entry, signs, step, target, i + 8 * v);
                }
            }
        }
    },

    /// `d f16 | 64 bytes of numbers | 8 u32`. The u32 of a group: four times 7 signs, scale (4
    /// bits).
    IQ3_XXS {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 98) {
                float d = Bytes.f16(source, at);
                for (int g = 0; g < 8; g++) {
                    int packed = Bytes.i32(source, at + 66 + 4 * g);
                    float step = d * (0.5f + (packed >>> 28)) * 0.5f;
                    for (int k = 0; k < 4; k++) {
                        long entries = at + 2 + 8 * g + 2 * k;
                        int to = i + 32 * g + 8 * k;
                        int signs = evenSigns(packed >>> 7 * k & 127);
                        int left = Bytes.u8(source, entries);
                        int right = Bytes.u8(source, entries + 1);
                        signed4(IqGrids.IQ3_XXS, left, signs, step, target, to);
                        signed4(IqGrids.IQ3_XXS, right, signs >> 4, step, target, to + 4);
                    }
                }
            }
        }
    },

    /// `d f16 | 64 low bytes of numbers | 8 bytes of ninth bits | 32 bytes of signs | 4 bytes of
    /// two scales`. A scale s serves a group: d·(1 + 2·s).
    IQ3_S {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 110) {
                float d = Bytes.f16(source, at);
                for (int g = 0; g < 8; g++) {
                    int scale = Bytes.u8(source, at + 106 + g / 2) >> g % 2 * 4 & 15;
                    float step = d * (1 + 2 * scale);
                    int ninths = Bytes.u8(source, at + 66 + g);
                    for (int k = 0; k < 8; k++) {
                        int low = Bytes.u8(source, at + 2 + 8 * g + k);
                        int entry = low | (ninths >> k & 1) << 8;
                        int signs = Bytes.u8(source, at + 74 + 4 * g + k / 2) >> k % 2 * 4;
                        signed4(IqGrids.IQ3_S, entry, signs, step, target, i + 32 * g + 4 * k);
                    }
                }
            }
        }
    };

    private static final int SIZE = 256;

    /// The eighth of 7 signs: set where the others' count is odd.
    private static int evenSigns(int signs) {
        return signs | (Integer.bitCount(signs) & 1) << 7;
    }

    /// The step of vector `v` in IQ2_XS and IQ2_S: the low nibble of a group's `scales` serves its
    /// first two vectors, the high nibble the other two.
    private static float quarterStep(float d, int scales, int v) {
        return d * (0.5f + (scales >> v % 4 / 2 * 4 & 15)) * 0.25f;
    }

    private static float shift(int minus) {
        return minus != 0 ? -0.125f : 0.125f;
    }

    private static void shifted(int entry, float step, float shift, float[] target, int to) {
        byte[] grid = IqGrids.IQ1;
        for (int j = 0; j < 8; j++) {
            target[to + j] = step * (grid[8 * entry + j] + shift);
        }
    }

    private static void signed8(
            byte[] grid, int entry, int signs, float step, float[] target, int to) {
        for (int j = 0; j < 8; j++) {
            float x = step * grid[8 * entry + j];
            target[to + j] = (signs >> j & 1) != 0 ? -x : x;
        }
    }

    private static void signed4(
            byte[] grid, int entry, int signs, float step, float[] target, int to) {
        for (int j = 0; j < 4; j++) {
            float x = step * grid[4 * entry + j];
            target[to + j] = (signs >> j & 1) != 0 ? -x : x;
        }
    }
}
