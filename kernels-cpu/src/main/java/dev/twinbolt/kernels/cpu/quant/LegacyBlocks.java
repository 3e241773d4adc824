package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 elements with one F16 scale d: `x = d·q`, or `x = d·q + m` with an F16 minimum m.
///
/// In the types of 4 and 5 bits, byte j holds the low four bits of element j (low nibble) and of
/// element j + 16 (high nibble).
enum LegacyBlocks implements RowCodec {
    /// `d f16 | 16 bytes of nibbles`; x = d·(q − 8).
    Q4_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 18) {
                float d = Bytes.f16(source, at);
                for (int j = 0; j < HALF; j++) {
                    int q = Bytes.u8(source, at + 2 + j);
                    target[i + j] = ((q & 15) - 8) * d;
                    target[i + j + HALF] = ((q >> 4) - 8) * d;
                }
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 18) {
                float d = largest(source, i) / -8;
                float id = inverse(d);
                Bytes.putF16(target, at, d);
                for (int j = 0; j < HALF; j++) {
                    int low = level(source[i + j] * id + 8.5f, 15);
                    int high = level(source[i + j + HALF] * id + 8.5f, 15);
                    Bytes.put8(target, at + 2 + j, low | high << 4);
                }
            }
        }
    },

    /// `d f16 | m f16 | 16 bytes of nibbles`; x = d·q + m.
    Q4_1 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 20) {
                float d = Bytes.f16(source, at);
                float m = Bytes.f16(source, at + 2);
                for (int j = 0; j < HALF; j++) {
                    int q = Bytes.u8(source, at + 4 + j);
                    target[i + j] = (q & 15) * d + m;
                    target[i + j + HALF] = (q >> 4) * d + m;
                }
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 20) {
                float min = minimum(source, i);
                float d = (maximum(source, i) - min) / 15;
                float id = inverse(d);
                Bytes.putF16(target, at, d);
                Bytes.putF16(target, at + 2, min);
                for (int j = 0; j < HALF; j++) {
                    int low = level((source[i + j] - min) * id + 0.5f, 15);
                    int high = level((source[i + j + HALF] - min) * id + 0.5f, 15);
                    Bytes.put8(target, at + 4 + j, low | high << 4);
                }
            }
        }
    },

    /// `d f16 | 32 fifth bits | 16 bytes of nibbles`; x = d·(q − 16).
    Q5_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 22) {
                float d = Bytes.f16(source, at);
                int fifth = Bytes.i32(source, at + 2);
                for (int j = 0; j < HALF; j++) {
                    int q = Bytes.u8(source, at + 6 + j);
                    int low = q & 15 | (fifth >>> j & 1) << 4;
                    int high = q >> 4 | (fifth >>> (j + HALF) & 1) << 4;
                    target[i + j] = (low - 16) * d;
                    target[i + j + HALF] = (high - 16) * d;
                }
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 22) {
                float d = largest(source, i) / -16;
                float id = inverse(d);
                Bytes.putF16(target, at, d);
                int fifth = 0;
                for (int j = 0; j < HALF; j++) {
                    int low = level(source[i + j] * id + 16.5f, 31);
                    int high = level(source[i + j + HALF] * id + 16.5f, 31);
                    Bytes.put8(target, at + 6 + j, low & 15 | (high & 15) << 4);
                    fifth |= low >> 4 << j | high >> 4 << (j + HALF);
                }
                Bytes.put32(target, at + 2, fifth);
            }
        }
    },

    /// `d f16 | m f16 | 32 fifth bits | 16 bytes of nibbles`; x = d·q + m.
    Q5_1 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 24) {
                float d = Bytes.f16(source, at);
                float m = Bytes.f16(source, at + 2);
                int fifth = Bytes.i32(source, at + 4);
                for (int j = 0; j < HALF; j++) {
                    int q = Bytes.u8(source, at + 8 + j);
                    int low = q & 15 | (fifth >>> j & 1) << 4;
                    int high = q >> 4 | (fifth >>> (j + HALF) & 1) << 4;
                    target[i + j] = low * d + m;
                    target[i + j + HALF] = high * d + m;
                }
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 24) {
                float min = minimum(source, i);
                float d = (maximum(source, i) - min) / 31;
                float id = inverse(d);
                Bytes.putF16(target, at, d);
                Bytes.putF16(target, at + 2, min);
                int fifth = 0;
                for (int j = 0; j < HALF; j++) {
                    int low = level((source[i + j] - min) * id + 0.5f, 31);
                    int high = level((source[i + j + HALF] - min) * id + 0.5f, 31);
                    Bytes.put8(target, at + 8 + j, low & 15 | (high & 15) << 4);
                    fifth |= low >> 4 << j | high >> 4 << (j + HALF);
                }
                Bytes.put32(target, at + 4, fifth);
            }
        }
    },

    /// `d f16 | 32 signed bytes`; x = d·q.
    Q8_0 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 34) {
                float d = Bytes.f16(source, at);
                for (int j = 0; j < SIZE; j++) {
                    target[i + j] = Bytes.s8(source, at + 2 + j) * d;
                }
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            long at = offset;
            for (int i = sourceIndex; i < sourceIndex + count; i += SIZE, at += 34) {
                float d = Math.abs(largest(source, i)) / 127;
                float id = inverse(d);
                Bytes.putF16(target, at, d);
                for (int j = 0; j < SIZE; j++) {
                    Bytes.put8(target, at + 2 + j, round(source[i + j] * id));
                }
            }
        }
    },

    /// `d f16 | s f16 | 32 signed bytes`; x = d·q. s = d·Σq only serves dot products.
    Q8_1 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            long at = offset;
            for (int i = targetIndex; i < targetIndex + count; i += SIZE, at += 36) {
                float d = Bytes.f16(source, at);
                for (int j = 0; j < SIZE; j++) {
                    target[i + j] = Bytes.s8(source, at + 4 + j) * d;
                }
            }
        }
    };

    @Override
    public boolean canQuantize() {
        return this != Q8_1;
    }

    private static final int SIZE = 32;
    private static final int HALF = 16;

    /// The element that is farthest from zero, with its sign; the first of equals.
    private static float largest(float[] source, int index) {
        float largest = 0;
        for (int j = 0; j < SIZE; j++) {
            float value = source[index + j];
            if (Math.abs(value) > Math.abs(largest)) {
                largest = value;
            }
        }
        return largest;
    }

    private static float minimum(float[] source, int index) {
        float minimum = Float.MAX_VALUE;
        for (int j = 0; j < SIZE; j++) {
            float value = source[index + j];
            if (value < minimum) {
                minimum = value;
            }
        }
        return minimum;
    }

    private static float maximum(float[] source, int index) {
        float maximum = -Float.MAX_VALUE;
        for (int j = 0; j < SIZE; j++) {
            float value = source[index + j];
            if (value > maximum) {
                maximum = value;
            }
        }
        return maximum;
    }

    private static float inverse(float d) {
        return d != 0 ? 1 / d : 0;
    }

    /// `value` without its fraction, kept in 0..`last`: a scale near zero has an infinite inverse.
    private static int level(float value, int last) {
        return Math.clamp((int) value, 0, last);
    }

    /// To nearest, halves away from zero; the sum is taken in double, where it is exact.
    private static int round(float value) {
        return Math.clamp((int) (value + Math.copySign(0.5, value)), -128, 127);
    }
}
