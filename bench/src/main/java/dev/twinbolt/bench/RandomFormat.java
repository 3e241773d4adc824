package dev.twinbolt.bench;

import dev.twinbolt.gguf.TensorType;
import java.nio.ByteBuffer;

/// A format of random weights: what makes a block of random bits a block of weights whose standard
/// deviation is about [#DEVIATION].
///
/// Random bits are valid quants in every format here; only the scales must be overwritten. The
/// first number is llama.cpp's for a file whose matrices are mostly of this type, the second the
/// deviation of random quants under a scale of 1. Layouts and file types: ggml-org/llama.cpp
/// `ggml-common.h`, `llama.h`.
enum RandomFormat {
    F32(0, 0.5774, (b, at, d) -> b.putFloat(at, b.getInt(at) * 0x1p-31f * d)),
    F16(1, 0.5774, (b, at, d) -> b.putShort(at, Float.floatToFloat16(signed16(b, at) * d))),
    BF16(
            32,
            0.5774,
            (b, at, d) ->
                    b.putShort(at, (short) (Float.floatToRawIntBits(signed16(b, at) * d) >>> 16))),
    Q4_0(2, 4.637, scaleAt(0)),
    Q4_1(3, 4.610, scaleAndMinimum(0, 2, -7.5f)),
    Q5_0(8, 9.247, scaleAt(0)),
    Q5_1(9, 9.233, scaleAndMinimum(0, 2, -15.5f)),
    Q8_0(7, 73.90, scaleAt(0)),
    Q2_K(10, 13.87, scaleAndMinimum(80, 82, 1.5f)),
    Q3_K(11, 43.34, scaleAt(108)),
    Q4_K(14, 258.3, scaleAndMinimum(0, 2, 7.5f)),
    Q5_K(16, 526.9, scaleAndMinimum(0, 2, 15.5f)),
    Q6_K(18, 1365.7, scaleAt(208)),
    IQ1_S(24, 7.37, scaleAt(0)),
    IQ1_M(31, 7.27, RandomFormat::scaleInNibbles),
    IQ2_XXS(19, 54.2, scaleAt(0)),
    IQ2_XS(20, 56.8, scaleAt(0)),
    IQ2_S(28, 57.6, scaleAt(0)),
    IQ3_XXS(23, 144.7, scaleAt(0)),
    IQ3_S(26, 142.5, scaleAt(0)),
    IQ4_NL(25, 67.44, scaleAt(0)),
    IQ4_XS(30, 1246.3, scaleAt(0)),
    TQ1_0(36, 0.8165, scaleAt(52)),
    TQ2_0(37, 0.7071, ternary(0, 64, scaleAt(64))),
    Q1_0(40, 1, scaleAt(0)),
    Q2_0(41, 0.7071, ternary(2, 16, scaleAt(0))),
    /// 2^(e - 128) times a table of deviation 5.85: 2^-8.2 is wanted.
    MXFP4(38, 5.85, (b, at, d) -> b.put(at, (byte) ((b.get(at) & 3) == 0 ? 119 : 120))),
    /// Scales of 2^-10 times 3 or 4, subnormal; the same table.
    NVFP4(
            39,
            5.85,
            (b, at, d) -> {
                for (int group = at; group < at + 4; group++) {
                    b.put(group, (byte) (3 + (b.get(group) & 1)));
                }
            });

    /// Overwrites the scales of the block at `at`, whose bits are random, so that the deviation of
    /// its weights is `d` times the one that a scale of 1 gives.
    private interface Scaling {
        void apply(ByteBuffer bytes, int at, float d);
    }

    static final double DEVIATION = 0.02;

    private final int fileType;
    private final float d;
    private final Scaling scaling;

    RandomFormat(int fileType, double unitDeviation, Scaling scaling) {
        this.fileType = fileType;
        this.d = (float) (DEVIATION / unitDeviation);
        this.scaling = scaling;
    }

    TensorType type() {
        return TensorType.valueOf(name());
    }

    /// The value of `general.file_type`.
    int fileType() {
        return fileType;
    }

    /// Writes random weights to the first `sizeBytes` of `bytes`, whole blocks; the eight bytes
    /// after them may be overwritten.
    void fill(ByteBuffer bytes, int sizeBytes, SplitMix64 random) {
        for (int at = 0; at < sizeBytes; at += Long.BYTES) {
            bytes.putLong(at, random.next());
        }
        int blockBytes = type().blockBytes();
        for (int at = 0; at < sizeBytes; at += blockBytes) {
            scaling.apply(bytes, at, d);
        }
    }

    private static float signed16(ByteBuffer bytes, int at) {
        return bytes.getShort(at) * 0x1p-15f;
    }

    private static Scaling scaleAt(int offset) {
        return (bytes, at, d) ->
                bytes.putShort(
                        at + offset, Float.floatToFloat16(varied(d, bytes.get(at + offset))));
    }

    /// `ratio` of minimum and scale makes the mean zero.
    private static Scaling scaleAndMinimum(int offset, int minimumOffset, float ratio) {
        return (bytes, at, d) -> {
            float scale = varied(d, bytes.get(at + offset));
            bytes.putShort(at + offset, Float.floatToFloat16(scale));
            bytes.putShort(at + minimumOffset, Float.floatToFloat16(ratio * scale));
        };
    }

    /// Of two bits a quant, 3 becomes 1, the zero: then the mean is zero.
    private static Scaling ternary(int offset, int count, Scaling scaling) {
        return (bytes, at, d) -> {
            for (int i = at + offset; i < at + offset + count; i++) {
                int quants = bytes.get(i);
                bytes.put(i, (byte) (quants & ~(quants << 1 & quants & 0xAA)));
            }
            scaling.apply(bytes, at, d);
        };
    }

    /// The F16 lies in the highest nibbles of four words, the lowest nibble first.
    private static void scaleInNibbles(ByteBuffer bytes, int at, float d) {
        int scale = Float.floatToFloat16(varied(d, bytes.get(at + 49)));
        for (int i = 0; i < 4; i++) {
            int word = at + 48 + 2 * i;
            int nibble = scale >> 4 * i & 15;
            bytes.putShort(word, (short) (bytes.getShort(word) & 0xFFF | nibble << 12));
        }
    }

    /// Neighbouring blocks differ in scale by up to a quarter, so that a kernel which reads the
    /// wrong block's is found out.
    private static float varied(float d, byte random) {
        return d * (0.75f + (random & 255) * 0x1p-9f);
    }
}
