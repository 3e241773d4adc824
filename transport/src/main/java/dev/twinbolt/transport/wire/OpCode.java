package dev.twinbolt.transport.wire;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.InvalidGraphException;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.engine.tensor.UnaryOp;
import java.util.Arrays;

/// An op as it travels: its number and its packed parameters, in the numbers of 5.x. Layouts of the
/// parameters: llama.cpp `ggml/src/ggml.c`.
record OpCode(int number, OpParams params) {
    private static final OpNumbers NUMBERS = OpNumbers.V5;

    /// Accumulate in F32, which stock clients ask of FLASH_ATTN_EXT.
    private static final int PRECISION_F32 = 10;

    private static final int ROPE_NORMAL = 0;
    private static final int ROPE_NEOX = 2;

    /// What `node` computes. Throws [InvalidGraphException] for what 5.x cannot say.
    static OpCode of(Tensor node) {
        Op op = node.op();
        int number =
                NUMBERS.ops().number(op.name()).orElseThrow(() -> unsaid(node, "op " + op.name()));
        return new OpCode(number, params(node));
    }

    private static OpParams params(Tensor node) {
        return switch (node.op()) {
            case Op.None(), Op.Reshape(), Op.Transpose(), Op.Dup(), Op.Cont(), Op.Cpy() ->
                    OpParams.NONE;
            case Op.Add(), Op.Sub(), Op.Mul(), Op.Div(), Op.SumRows() -> OpParams.NONE;
            case Op.MulMat(), Op.MulMatId(), Op.GetRows(), Op.SetRows() -> OpParams.NONE;
            case Op.View() -> {
                long offset = node.viewOffset() - node.source(0).viewOffset();
                yield OpParams.of((int) offset, (int) (offset >>> 32));
            }
            case Op.Permute(int axis0, int axis1, int axis2, int axis3) ->
                    OpParams.of(axis0, axis1, axis2, axis3);
            case Op.Scale(float scale, float bias) -> OpParams.of(bits(scale), bits(bias));
            case Op.Clamp(float min, float max) -> OpParams.of(bits(min), bits(max));
            case Op.Fill(float value) -> OpParams.of(bits(value));
            case Op.Unary(UnaryOp function) ->
                    OpParams.of(
                            NUMBERS.unaries()
                                    .number(function.name())
                                    .orElseThrow(() -> unsaid(node, "UNARY " + function)));
            case Op.Glu(GluOp function, boolean isSwapped, float alpha, float limit) ->
                    OpParams.of(
                            NUMBERS.glus()
                                    .number(function.name())
                                    .orElseThrow(() -> unsaid(node, "GLU " + function)),
                            isSwapped ? 1 : 0,
                            bits(alpha),
                            bits(limit));
            case Op.RmsNorm(float epsilon) -> OpParams.of(bits(epsilon));
            case Op.SoftMax(float scale, float maxBias) -> OpParams.of(bits(scale), bits(maxBias));
            case Op.FlashAttnExt(float scale, float maxBias, float softcap) ->
                    OpParams.of(bits(scale), bits(maxBias), bits(softcap), PRECISION_F32);
            case Op.Rope rope -> rope(node, rope);
            case Op.Concat(int dimension) -> OpParams.of(dimension);
            case Op.Argsort(boolean isDescending) -> OpParams.of(isDescending ? 1 : 0);
        };
    }

    private static OpParams rope(Tensor node, Op.Rope rope) {
        if (rope.offset() != 0) {
            throw unsaid(node, "a rope from column " + rope.offset());
        }
        int mode =
                switch (rope.mode()) {
                    case NORMAL -> ROPE_NORMAL;
                    case NEOX -> ROPE_NEOX;
                };
        return OpParams.of(
                0,
                rope.dims(),
                mode,
                0,
                rope.originalContext(),
                bits(rope.freqBase()),
                bits(rope.freqScale()),
                bits(rope.extFactor()),
                bits(rope.attnFactor()),
                bits(rope.betaFast()),
                bits(rope.betaSlow()));
    }

    private static int bits(float value) {
        return Float.floatToRawIntBits(value);
    }

    private static InvalidGraphException unsaid(Tensor node, String what) {
        return new InvalidGraphException(
                "%s: ggml RPC 5.x has no number for %s".formatted(node.name(), what));
    }

    /// The engine's op. Throws [WireException] naming a number that is out of range, or an op that
    /// this node does not compute.
    Op op() {
        String name =
                NUMBERS.ops()
                        .name(number)
                        .orElseThrow(
                                () ->
                                        new WireException(
                                                "op %d is out of range, ggml RPC 5.x has 0 to %d"
                                                        .formatted(
                                                                number,
                                                                NUMBERS.ops().count() - 1)));
        return switch (name) {
            case "NONE" -> new Op.None();
            case "RESHAPE" -> new Op.Reshape();
            case "VIEW" -> new Op.View();
            case "PERMUTE" ->
                    new Op.Permute(
                            params.integer(0),
                            params.integer(1),
                            params.integer(2),
                            params.integer(3));
            case "TRANSPOSE" -> new Op.Transpose();
            case "DUP" -> new Op.Dup();
            case "CONT" -> new Op.Cont();
            case "CPY" -> new Op.Cpy();
            case "ADD" -> new Op.Add();
            case "SUB" -> new Op.Sub();
            case "MUL" -> new Op.Mul();
            case "DIV" -> new Op.Div();
            case "SCALE" -> new Op.Scale(params.real(0), params.real(1));
            case "CLAMP" -> new Op.Clamp(params.real(0), params.real(1));
            case "FILL" -> new Op.Fill(params.real(0));
            case "UNARY" -> new Op.Unary(constant(UnaryOp.values(), NUMBERS.unaries(), name));
            case "GLU" ->
                    new Op.Glu(
                            constant(GluOp.values(), NUMBERS.glus(), name),
                            params.integer(1) != 0,
                            params.real(2),
                            params.real(3));
            case "RMS_NORM" -> new Op.RmsNorm(params.real(0));
            case "SOFT_MAX" -> new Op.SoftMax(params.real(0), params.real(1));
            case "FLASH_ATTN_EXT" ->
                    new Op.FlashAttnExt(params.real(0), params.real(1), params.real(2));
            case "ROPE" -> rope();
            case "MUL_MAT" -> new Op.MulMat();
            case "MUL_MAT_ID" -> new Op.MulMatId();
            case "GET_ROWS" -> new Op.GetRows();
            case "SET_ROWS" -> new Op.SetRows();
            case "CONCAT" -> new Op.Concat(params.integer(0));
            case "SUM_ROWS" -> new Op.SumRows();
            case "ARGSORT" ->
                    switch (params.integer(0)) {
                        case 0 -> new Op.Argsort(false);
                        case 1 -> new Op.Argsort(true);
                        default ->
                                throw new WireException(
                                        "ARGSORT order is %d, expected 0 or 1"
                                                .formatted(params.integer(0)));
                    };
            default ->
                    throw new WireException(
                            "op %s (%d) is not computed by this node".formatted(name, number));
        };
    }

    private <E extends Enum<E>> E constant(E[] constants, OpNumbers.Names names, String kind) {
        int function = params.integer(0);
        String name =
                names.name(function)
                        .orElseThrow(
                                () ->
                                        new WireException(
                                                "%s function %d is out of range, ggml RPC 5.x has 0 to %d"
                                                        .formatted(
                                                                kind,
                                                                function,
                                                                names.count() - 1)));
        return Arrays.stream(constants)
                .filter(constant -> constant.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new WireException(
                                        "%s %s (%d) is not computed by this node"
                                                .formatted(kind, name, function)));
    }

    private Op.Rope rope() {
        RopeMode mode =
                switch (params.integer(2)) {
                    case ROPE_NORMAL -> RopeMode.NORMAL;
                    case ROPE_NEOX -> RopeMode.NEOX;
                    default ->
                            throw new WireException(
                                    "ROPE mode %d is not computed by this node, only 0 and 2 are"
                                            .formatted(params.integer(2)));
                };
        return new Op.Rope(
                params.integer(1),
                mode,
                params.integer(4),
                params.real(5),
                params.real(6),
                params.real(7),
                params.real(8),
                params.real(9),
                params.real(10),
                0);
    }
}
