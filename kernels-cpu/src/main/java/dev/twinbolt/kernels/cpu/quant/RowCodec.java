package dev.twinbolt.kernels.cpu.quant;

import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/// How the rows of one tensor type become floats, and back where the type can be written.
///
/// Each codec gives the bits that ggml's reference gives. Sources: ggml-org/ggml `ggml-common.h`
/// (layouts), `ggml-quants.c` (arithmetic).
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
            case Q2_K -> KBlocks.Q2_K;
            case Q3_K -> KBlocks.Q3_K;
            case Q4_K -> KBlocks.Q4_K;
            case Q5_K -> KBlocks.Q5_K;
            case Q6_K -> KBlocks.Q6_K;
            case Q8_K -> KBlocks.Q8_K;
            case IQ1_S -> IqBlocks.IQ1_S;
            case IQ1_M -> IqBlocks.IQ1_M;
            case IQ2_XXS -> IqBlocks.IQ2_XXS;
            case IQ2_XS -> IqBlocks.IQ2_XS;
            case IQ2_S -> IqBlocks.IQ2_S;
            case IQ3_XXS -> IqBlocks.IQ3_XXS;
            case IQ3_S -> IqBlocks.IQ3_S;
            case IQ4_NL -> NonLinearBlocks.IQ4_NL;
            case IQ4_XS -> NonLinearBlocks.IQ4_XS;
            case Q1_0 -> LowBitBlocks.Q1_0;
            case Q2_0 -> LowBitBlocks.Q2_0;
            case TQ1_0 -> LowBitBlocks.TQ1_0;
            case TQ2_0 -> LowBitBlocks.TQ2_0;
            case MXFP4 -> MicroBlocks.MXFP4;
            case NVFP4 -> MicroBlocks.NVFP4;
            case I8, I16, I32, I64, F64 -> throw refusal(type);
        };
    }

    private static InvalidGraphException refusal(TensorType type) {
        return new InvalidGraphException(
                type + " rows cannot be read as floats; expected F32, F16, BF16 or a block type");
    }
}
