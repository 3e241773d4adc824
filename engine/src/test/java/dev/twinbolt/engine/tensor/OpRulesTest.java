package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.engine.tensor.NodeCase.window;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.I8;
import static dev.twinbolt.gguf.TensorType.Q8_0;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.TensorType;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds of every tensor, and the ops whose rules are said at once.
class OpRulesTest {
    static Stream<NodeCase> layout() {
        Tensor a = leaf("a", Q8_0, 64, 3);
        NodeCase valid = NodeCase.accepted(new Op.Dup(), leaf("d", Q8_0, 64, 3), a);
        return Stream.of(
                valid,
                valid.source(0, leaf("a", Q8_0, 63, 3))
                        .breaks("a has rows of 63 elements, Q8_0 needs a multiple of 32"),
                valid.result(leaf("d", Q8_0, 63, 3))
                        .breaks("d has rows of 63 elements, Q8_0 needs a multiple of 32"),
                valid.source(0, gapped(a)).breaks("a has 68 bytes between blocks, Q8_0 needs 34"),
                valid.source(0, leaf("a", Q8_0, new Strides(34, 34, 204, 204), 64, 3))
                        .breaks(
                                "a of shape [64, 3, 1, 1] with strides [34, 34, 204, 204] has"
                                        + " elements that overlap"));
    }

    static Stream<NodeCase> overlaps() {
        Strides zero = new Strides(4, 0, 0, 0);
        return Stream.of(
                filled(new Strides(4, 256, 64, 512), 16, 2, 4, 9),
                filled(new Strides(4, 256, 64, 512), 17, 2, 4, 9)
                        .breaks(
                                "d of shape [17, 2, 4, 9] with strides [4, 256, 64, 512] has"
                                        + " elements that overlap"),
                filled(zero, 16),
                filled(zero, 16, 2, 0),
                filled(zero, 16, 1L << 40)
                        .breaks(
                                "d of shape [16, 1099511627776, 1, 1] with strides [4, 0, 0, 0] has"
                                        + " elements that overlap"));
    }

    private static NodeCase filled(Strides strides, long... ne) {
        return NodeCase.accepted(new Op.Fill(1), leaf("d", F32, strides, ne));
    }

    static Stream<NodeCase> none() {
        Tensor a = f32("a", 16, 3);
        return Stream.of(
                NodeCase.accepted(new Op.None(), f32("d", 16, 3)),
                NodeCase.accepted(new Op.None(), f32("d", 16, 3), a).breaks("takes no sources"));
    }

    static Stream<NodeCase> ofFloatRows() {
        return Stream.of(new Op.Scale(2, 0), new Op.RmsNorm(0))
                .map(op -> NodeCase.accepted(op, f32("d", 16, 3), f32("a", 16, 3)))
                .flatMap(
                        valid ->
                                Stream.concat(
                                        Stream.of(
                                                valid,
                                                valid.source(0, f32("a", 16, 4)).breaks(shapes())),
                                        valid.breakingFloatRows()));
    }

    private static String shapes() {
        return "a is [16, 4, 1, 1], d is [16, 3, 1, 1]";
    }

    static Stream<NodeCase> ofFloats() {
        return Stream.of(new Op.Clamp(0, 1), new Op.Unary(UnaryOp.SILU))
                .map(op -> NodeCase.accepted(op, f32("d", 16, 3), f32("a", 16, 3)))
                .flatMap(
                        valid ->
                                Stream.of(
                                        valid,
                                        typed(valid, F16),
                                        typed(valid, BF16),
                                        typed(valid, I32).breaks("a is I32, not a float"),
                                        valid.source(0, f32("a", 16, 4)).breaks(shapes()),
                                        valid.result(leaf("d", F16, 16, 3))
                                                .breaks("a is F32, d is F16")));
    }

    private static NodeCase typed(NodeCase valid, TensorType type) {
        return valid.source(0, leaf("a", type, 16, 3)).result(leaf("d", type, 16, 3));
    }

    static Stream<NodeCase> plain() {
        Tensor a = f32("a", 16, 3, 4, 5);
        NodeCase fill = NodeCase.accepted(new Op.Fill(1), leaf("d", F16, 16, 3));
        NodeCase norm = NodeCase.accepted(new Op.RmsNorm(1e-5f), f32("d", 16, 3, 4, 5), a);
        NodeCase argsort = NodeCase.accepted(new Op.Argsort(true), leaf("d", I32, 16, 3, 4, 5), a);
        return Stream.of(
                fill,
                fill.result(leaf("d", I32, 16, 3)).breaks("d is I32, not a float"),
                norm,
                norm.op(new Op.RmsNorm(-1e-5f)).breaks("epsilon -1.0E-5 is negative"),
                norm.op(new Op.RmsNorm(Float.NaN)).breaks("epsilon NaN is negative"),
                argsort,
                argsort.source(0, f32("a", 16, 3, 4, 6))
                        .breaks("a is [16, 3, 4, 6], d is [16, 3, 4, 5]"),
                argsort.source(0, leaf("a", F16, 16, 3, 4, 5)).breaks("a is F16, not F32"),
                argsort.result(f32("d", 16, 3, 4, 5)).breaks("d is F32, not I32"));
    }

    static Stream<NodeCase> sumRows() {
        Tensor a = f32("a", 16, 3, 4, 5);
        NodeCase valid = NodeCase.accepted(new Op.SumRows(), f32("d", 1, 3, 4, 5), a);
        return Stream.of(
                valid,
                valid.result(gapped(f32("d", 1, 3, 4, 5))),
                valid.source(0, f32("a", 16, 2, 4, 5))
                        .breaks("d is [1, 3, 4, 5], not [1, 2, 4, 5]"),
                valid.source(0, gapped(a)).breaks("a has gaps inside its rows"),
                valid.source(0, leaf("a", F16, 16, 3, 4, 5)).breaks("a is F16, not F32"),
                valid.result(leaf("d", F16, 1, 3, 4, 5)).breaks("d is F16, not F32"));
    }

    @ParameterizedTest
    @MethodSource({"layout", "overlaps", "none", "ofFloatRows", "ofFloats", "plain", "sumRows"})
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }

    @Test
    void tensorsOverlapWhereTheyShareAByteOfOneMemory() {
        Memory bytes = () -> 64;
        Tensor memory = leaf("memory", I8, 64);
        memory.bind(bytes, 0);
        Tensor middle = window("middle", memory, 16, F32, 4);
        assertFalse(middle.overlaps(window("before", memory, 0, F32, 4)));
        assertTrue(middle.overlaps(window("last", memory, 12, F32, 2)));
        assertTrue(middle.overlaps(window("inside", memory, 20, F32, 1)));
        assertTrue(middle.overlaps(window("first", memory, 28, F32, 2)));
        assertFalse(middle.overlaps(window("behind", memory, 32, F32, 4)));
        Tensor other = f32("other", 16);
        assertFalse(middle.overlaps(other));
        assertFalse(other.overlaps(middle));
        other.bind(() -> 64, 0);
        assertFalse(middle.overlaps(other));
    }

    @Test
    void aTensorMustLieInsideItsMemory() {
        Tensor x = f32("x", 16, 3);
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
