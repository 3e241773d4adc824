package dev.twinbolt.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OpRulesTest {
    private static final Op.Rope ROPE =
            new Op.Rope(8, RopeMode.NORMAL, 0, 10000, 1, 0, 1, 32, 1, 0);

    private static Tensor f32(long... ne) {
        return leaf(TensorType.F32, ne);
    }

    private static Tensor leaf(TensorType type, long... ne) {
        long[] all = {1, 1, 1, 1};
        System.arraycopy(ne, 0, all, 0, ne.length);
        return Tensor.leaf("leaf", type, new Shape(all[0], all[1], all[2], all[3]));
    }

    private static Tensor node(Op op, Tensor like, @Nullable Tensor... sources) {
        return Tensor.node("bad", like.type(), like.shape(), like.strides(), op, sources);
    }

    static Stream<Arguments> refused() {
        Tensor x = f32(16, 3);
        Tensor ids = leaf(TensorType.I32, 3);
        return Stream.of(
                Arguments.of("source 1 is missing", node(new Op.Add(), x, x)),
                Arguments.of("does not repeat", node(new Op.Add(), x, x, f32(5, 3))),
                Arguments.of("not a float", node(new Op.Mul(), x, x, leaf(TensorType.I32, 16, 3))),
                Arguments.of("rows of", node(new Op.MulMat(), f32(4, 3), f32(8, 4), x)),
                Arguments.of("", node(new Op.MulMat(), f32(5, 3), f32(16, 4), x)),
                Arguments.of("", node(new Op.GetRows(), f32(16, 2), x, ids)),
                Arguments.of("", node(new Op.GetRows(), x, x, f32(3))),
                Arguments.of("not the tensor", node(new Op.SetRows(), x, x, ids, x)),
                Arguments.of(
                        "0 positions",
                        node(ROPE, f32(16, 1, 3), f32(16, 1, 3), leaf(TensorType.I32, 0))),
                Arguments.of(
                        "cannot turn",
                        node(
                                new Op.Rope(18, RopeMode.NEOX, 0, 1, 1, 0, 1, 32, 1, 0),
                                f32(16, 1, 3),
                                f32(16, 1, 3),
                                ids)),
                Arguments.of("no dimension 4", node(new Op.Concat(4), x, x, x)),
                Arguments.of("halves rows", node(new Op.Glu(GluOp.SWIGLU, false, 0, 0), x, x)),
                Arguments.of("negative", node(new Op.RmsNorm(-1), x, x)),
                Arguments.of("mask", node(new Op.SoftMax(1, 0), x, x, f32(15, 3))),
                Arguments.of("cannot convert", node(new Op.Cpy(), leaf(TensorType.I64, 16, 3), x)),
                Arguments.of("copies 48", node(new Op.Cont(), f32(16, 2), x)),
                Arguments.of(
                        "",
                        node(
                                new Op.FlashAttnExt(1, 0, 0),
                                f32(16, 2, 3),
                                f32(16, 3, 2),
                                leaf(TensorType.F16, 16, 5, 2),
                                leaf(TensorType.F16, 16, 6, 2))));
    }

    @ParameterizedTest
    @MethodSource
    void refused(String rule, Tensor node) {
        String message =
                assertThrows(InvalidGraphException.class, () -> OpRules.check(node)).toString();
        assertTrue(message.contains(node.op().name() + " bad"), message);
        assertTrue(message.contains(rule), message);
    }

    @Test
    void elementsThatShareBytesAreRefused() {
        Shape shape = Shape.of(16, 1L << 40);
        Tensor repeated =
                Tensor.node("bad", TensorType.F32, shape, new Strides(4, 0, 0, 0), new Op.Fill(1));
        InvalidGraphException e =
                assertThrows(InvalidGraphException.class, () -> OpRules.check(repeated));
        assertTrue(e.toString().contains("overlap"), e.toString());
        Strides permuted = new Strides(4, 256, 64, 512);
        assertTrue(permuted.areDisjoint(TensorType.F32, Shape.of(16, 2, 4, 9)));
        assertFalse(permuted.areDisjoint(TensorType.F32, Shape.of(17, 2, 4, 9)));
    }

    @Test
    void aTensorMustLieInsideItsMemory() {
        Tensor x = f32(16, 3);
        InvalidGraphException e =
                assertThrows(InvalidGraphException.class, () -> x.bind(() -> 200, 9));
        assertTrue(e.toString().contains("192 bytes at offset 9"), e.toString());
        x.bind(() -> 200, 8);
        assertEquals(8, x.offset());
    }

    @Test
    void aSpanPastTwoToThe63IsRefused() {
        assertThrows(
                InvalidGraphException.class,
                () ->
                        new Strides(4, Long.MAX_VALUE / 2, 4, 4)
                                .spanBytes(TensorType.F32, Shape.of(4, 9)));
        assertThrows(InvalidGraphException.class, () -> Shape.of(1L << 40, 1L << 40));
    }
}
