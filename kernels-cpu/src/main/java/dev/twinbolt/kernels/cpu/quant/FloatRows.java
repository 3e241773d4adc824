package dev.twinbolt.kernels.cpu.quant;

import java.lang.foreign.MemorySegment;

/// Floats, one element per block. Rounding is to nearest, ties to even.
enum FloatRows implements RowCodec {
    /// IEEE binary32.
    F32 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            MemorySegment.copy(source, Bytes.FLOAT, offset, target, targetIndex, count);
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            MemorySegment.copy(source, sourceIndex, target, Bytes.FLOAT, offset, count);
        }
    },

    /// IEEE binary16.
    F16 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            for (int i = 0; i < count; i++) {
                target[targetIndex + i] = Bytes.f16(source, offset + 2L * i);
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            for (int i = 0; i < count; i++) {
                Bytes.putF16(target, offset + 2L * i, source[sourceIndex + i]);
            }
        }
    },

    /// The upper half of a binary32.
    BF16 {
        @Override
        public void dequantize(
                MemorySegment source, long offset, float[] target, int targetIndex, int count) {
            for (int i = 0; i < count; i++) {
                int bits = Bytes.u16(source, offset + 2L * i) << 16;
                target[targetIndex + i] = Float.intBitsToFloat(bits);
            }
        }

        @Override
        public void quantize(
                float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
            for (int i = 0; i < count; i++) {
                Bytes.put16(target, offset + 2L * i, brain(source[sourceIndex + i]));
            }
        }
    };

    @Override
    public boolean canQuantize() {
        return true;
    }

    private static int brain(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            // Quiet: a NaN whose payload lies in the lower half must not become infinite.
            return bits >>> 16 | 0x40;
        }
        return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
    }
}
