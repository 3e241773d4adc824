package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.Tensor;

/// Which kernel computes which op.
final class Kernels {
    private Kernels() {}

    static void compute(Tensor d, Workers workers) {
        switch (d.op()) {
            case Op.None(), Op.Reshape(), Op.View(), Op.Permute(_, _, _, _), Op.Transpose() -> {}
            case Op.Dup(), Op.Cont(), Op.Cpy() -> CpyCpu.compute(d);
            case Op.Add() -> BinaryCpu.compute(d, BinaryCpu.Function.ADD, workers);
            case Op.Sub() -> BinaryCpu.compute(d, BinaryCpu.Function.SUB, workers);
            case Op.Mul() -> BinaryCpu.compute(d, BinaryCpu.Function.MUL, workers);
            case Op.Div() -> BinaryCpu.compute(d, BinaryCpu.Function.DIV, workers);
            case Op.Scale(float scale, float bias) -> ScaleCpu.compute(d, scale, bias, workers);
            case Op.Clamp(float min, float max) -> ClampCpu.compute(d, min, max, workers);
            case Op.Fill(float value) -> FillCpu.compute(d, value, workers);
            case Op.Unary unary -> UnaryCpu.compute(d, unary.function(), workers);
            case Op.Glu glu -> GluCpu.compute(d, glu, workers);
            case Op.RmsNorm(float epsilon) -> RmsNormCpu.compute(d, epsilon, workers);
            case Op.SoftMax(float scale, float maxBias) ->
                    SoftMaxCpu.compute(d, scale, maxBias, workers);
            case Op.FlashAttnExt op -> FlashAttnExtCpu.compute(d, op, workers);
            case Op.Rope op -> RopeCpu.compute(d, op, workers);
            case Op.MulMat() -> MulMatCpu.compute(d, workers);
            case Op.MulMatId() -> MulMatIdCpu.compute(d, workers);
            case Op.GetRows() -> GetRowsCpu.compute(d, workers);
            case Op.SetRows() -> SetRowsCpu.compute(d, workers);
            case Op.Concat(int dimension) -> ConcatCpu.compute(d, dimension);
            case Op.SumRows() -> SumRowsCpu.compute(d, workers);
            case Op.Argsort(boolean descending) -> ArgsortCpu.compute(d, descending, workers);
        }
    }

    /// Calls `body` for every row of `d`, each thread with scratch memory of its own.
    static void forEachRow(
            Tensor d, long workPerRow, int scratchFloats, Workers workers, Row body) {
        long ne1 = d.ne(1);
        long ne2 = d.ne(2);
        workers.share(
                d.shape().rowCount(),
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
