package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/// How the rows of one tensor type become floats, and back where the type can be written.
///
/// Each codec gives bit for bit what ggml's reference gives for finite scales. Sources: ggml
/// `ggml-common.h` (layouts), `ggml-quants.c` (arithmetic).
public interface RowCodec {
    /// Writes `count` elements, a multiple of the block size, starting at byte `offset` of `source`
    /// to `target[targetIndex..]`.
    void dequantize(MemorySegment source, long offset, float[] target, int targetIndex, int count);

    /// Whether [#quantize] works: true for the types that a KV cache may have.
    default boolean canQuantize() {
        return false;
    }

    /// Writes `count` elements, a multiple of the block size, of `source[sourceIndex..]` as blocks
    /// starting at byte `offset` of `target`, rounded as ggml's reference does.
    default void quantize(
            float[] source, int sourceIndex, MemorySegment target, long offset, int count) {
        throw new InvalidGraphException(
                this
                        + " is read-only here: rows are written as F32, F16, BF16, Q8_0, Q4_0, Q4_1,"
                        + " Q5_0, Q5_1 or IQ4_NL; choose one of these as the cache's type");
    }

    /// The codec of `type`. Throws [InvalidGraphException] for types that are never dequantized.
    static RowCodec of(TensorType type) {
        return switch (type) {
            case F32 -> FloatRows.F32;
            case F16 -> FloatRows.F16;
            case BF16 -> FloatRows.BF16;
            case Q4_0 -> LegacyBlocks.Q4_0;
            case Q4_1 -> LegacyBlocks.Q4_1;
            case Q5_0 -> LegacyBlocks.Q5_0;
            case Q5_1 -> LegacyBlocks.Q5_1;
            case Q8_0 -> LegacyBlocks.Q8_0;
            case Q8_1 -> LegacyBlocks.Q8_1;
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K -> throw refusal(type);
            case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S -> throw refusal(type);
            case IQ4_NL, IQ4_XS, TQ1_0, TQ2_0, MXFP4, NVFP4, Q1_0, Q2_0 -> throw refusal(type);
            case I8, I16, I32, I64, F64 -> throw refusal(type);
        };
    }

    private static InvalidGraphException refusal(TensorType type) {
        return new InvalidGraphException(
                type + " rows cannot be read as floats; expected F32, F16, BF16 or a block type");
    }
}
