package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;

/// Which kernel computes which op.
final class Kernels {
    private Kernels() {}

    static void compute(Tensor d, Processor cpu) {
        switch (d.op()) {
            case Op.None(), Op.Reshape(), Op.View(), Op.Permute(_, _, _, _), Op.Transpose() -> {}
            case Op.Dup(), Op.Cont(), Op.Cpy() -> CpyCpu.compute(d, cpu);
            case Op.Add() -> BinaryCpu.compute(d, BinaryCpu.Function.ADD, cpu);
            case Op.Sub() -> BinaryCpu.compute(d, BinaryCpu.Function.SUB, cpu);
            case Op.Mul() -> BinaryCpu.compute(d, BinaryCpu.Function.MUL, cpu);
            case Op.Div() -> BinaryCpu.compute(d, BinaryCpu.Function.DIV, cpu);
            case Op.Scale(float scale, float bias) -> ScaleCpu.compute(d, scale, bias, cpu);
            case Op.Clamp(float min, float max) -> ClampCpu.compute(d, min, max, cpu);
            case Op.Fill(float value) -> FillCpu.compute(d, value, cpu);
            case Op.Unary unary -> UnaryCpu.compute(d, unary.function(), cpu);
            case Op.Glu glu -> GluCpu.compute(d, glu, cpu);
            case Op.RmsNorm(float epsilon) -> RmsNormCpu.compute(d, epsilon, cpu);
            case Op.SoftMax(float scale, float maxBias) ->
                    SoftMaxCpu.compute(d, scale, maxBias, cpu);
            case Op.FlashAttnExt op -> FlashAttnExtCpu.compute(d, op, cpu);
            case Op.Rope op -> RopeCpu.compute(d, op, cpu);
            case Op.MulMat() -> MulMatCpu.compute(d, cpu);
            case Op.MulMatId() -> MulMatIdCpu.compute(d, cpu);
            case Op.GetRows() -> GetRowsCpu.compute(d, cpu);
            case Op.SetRows() -> SetRowsCpu.compute(d, cpu);
            case Op.Concat(int dimension) -> ConcatCpu.compute(d, dimension);
            case Op.SumRows() -> SumRowsCpu.compute(d, cpu);
            case Op.Argsort(boolean descending) -> ArgsortCpu.compute(d, descending, cpu);
        }
    }

    /// Whether the kernel of `d` finds out by itself how its source `index` lies in memory.
    static boolean readsPacked(Tensor d, int index, Processor cpu) {
        if (index != 0) {
            return false;
        }
        return switch (d.op()) {
            case Op.GetRows() -> true;
            case Op.MulMat(), Op.MulMatId() ->
                    cpu.mulMat() != null && NativeMulMat.takes(d.source(0), d.source(1), d);
            default -> false;
        };
    }

    /// Calls `body` for every row of `d`, each thread with scratch memory of its own.
    static void forEachRow(Tensor d, long workPerRow, int scratchFloats, Processor cpu, Row body) {
        long ne1 = d.ne(1);
        long ne2 = d.ne(2);
        cpu.workers()
                .shareUntilCancelled(
                        d.shape().rowCount(),
                        1,
                        workPerRow,
                        (from, to) -> {
                            float[] scratch = new float[scratchFloats];
                            for (long r = from; r < to; r++) {
                                body.compute(r % ne1, r / ne1 % ne2, r / ne1 / ne2, scratch);
                            }
                        });
    }

    /// Computes row (i1, i2, i3) of a result.
    interface Row {
        void compute(long i1, long i2, long i3, float[] scratch);
    }
}
