package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.I32;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementRulesTest {
    static Stream<NodeCase> elementwise() {
        Tensor a = f32("a", 16, 4, 6, 2);
        Tensor b = f32("b", 8, 2, 3, 1);
        Tensor d = f32("d", 16, 4, 6, 2);
        NodeCase valid = NodeCase.accepted(new Op.Add(), d, a, b);
        NodeCase half = valid.source(0, leaf("a", F16, 16, 4, 6, 2));
        return Stream.of(
                valid,
                valid.result(f32("d", 16, 4, 6, 1))
                        .breaks("a is [16, 4, 6, 2], d is [16, 4, 6, 1]"),
                valid.result(leaf("d", I32, 16, 4, 6, 2)).breaks("d is I32, not a float"),
                valid.source(0, leaf("a", I32, 16, 4, 6, 2)).breaks("a is I32, not a float"),
                valid.source(1, leaf("b", I32, 8, 2, 3, 1)).breaks("b is I32, not a float"),
                valid.result(gapped(d)).breaks("d has gaps inside its rows"),
                valid.source(0, gapped(a)).breaks("a has gaps inside its rows"),
                valid.source(1, gapped(b)).breaks("b has gaps inside its rows"),
                valid.source(1, gapped(f32("b", 1, 2, 3, 1))),
                NodeCase.accepted(
                        new Op.Add(), f32("d", 16, 0), gapped(f32("a", 16, 0)), f32("b", 16, 0)),
                valid.result(leaf("d", F16, 16, 4, 6, 2)).breaks("F32 cannot be kept in F16"),
                half,
                half.result(leaf("d", F16, 16, 4, 6, 2)),
                half.source(1, leaf("b", F16, 8, 2, 3, 1)),
                half.source(1, leaf("b", BF16, 8, 2, 3, 1)).breaks("b is BF16 beside an a of F16"),
                valid.source(1, f32("b", 16, 4, 6, 2)),
                valid.source(1, null).breaks("source 1 is missing"));
    }

    static Stream<NodeCase> thatDoNotRepeat() {
        Tensor a = f32("a", 16, 4, 6, 2);
        NodeCase valid = NodeCase.accepted(new Op.Add(), f32("d", 16, 4, 6, 2), a, a);
        return Stream.of(
                valid.source(1, f32("b", 5)).breaks(repeats("[5, 1, 1, 1]")),
                valid.source(1, f32("b", 1, 3)).breaks(repeats("[1, 3, 1, 1]")),
                valid.source(1, f32("b", 1, 1, 4)).breaks(repeats("[1, 1, 4, 1]")),
                valid.source(1, f32("b", 1, 1, 1, 4)).breaks(repeats("[1, 1, 1, 4]")),
                valid.source(1, f32("b", 1, 0)).breaks(repeats("[1, 0, 1, 1]")),
                NodeCase.accepted(new Op.Add(), f32("d", 16, 0), f32("a", 16, 0), f32("b", 16, 0)));
    }

    private static String repeats(String b) {
        return "b " + b + " does not repeat to [16, 4, 6, 2]";
    }

    static Stream<NodeCase> thatDivideBy0() {
        Tensor a = f32("a", 16, 4);
        NodeCase valid = NodeCase.accepted(new Op.Add(), f32("d", 16, 4), a, f32("b", 16, 0));
        return Stream.of(new Op.Add(), new Op.Sub(), new Op.Mul(), new Op.Div())
                .map(op -> valid.op(op).breaks("b [16, 0, 1, 1] does not repeat to [16, 4, 1, 1]"));
    }

    static Stream<NodeCase> gluOfHalves() {
        Tensor a = f32("a", 32, 3, 4, 5);
        Tensor d = f32("d", 16, 3, 4, 5);
        NodeCase valid = NodeCase.accepted(new Op.Glu(GluOp.SWIGLU, false, 0, 0), d, a);
        return Stream.of(
                valid,
                valid.source(0, leaf("a", F16, 32, 3, 4, 5)).result(leaf("d", F16, 16, 3, 4, 5)),
                valid.source(0, leaf("a", BF16, 32, 3, 4, 5))
                        .breaks("works on F32 and F16, a is BF16"),
                valid.result(leaf("d", F16, 16, 3, 4, 5)).breaks("a is F32, d is F16"),
                valid.source(0, gapped(a)).breaks("a has gaps inside its rows"),
                valid.result(gapped(d)).breaks("d has gaps inside its rows"),
                valid.source(0, f32("a", 31, 3, 4, 5)).breaks("halves rows of 31 to 16"),
                valid.source(0, f32("a", 33, 3, 4, 5)).breaks("halves rows of 33 to 16"));
    }

    /// One of them has as many rows as the result.
    static Stream<NodeCase> gluOfOtherRows() {
        Tensor d = f32("d", 16, 3, 4, 5);
        NodeCase valid =
                NodeCase.accepted(new Op.Glu(GluOp.SWIGLU, false, 0, 0), d, f32("a", 32, 3, 4, 5));
        return Stream.of(
                        Shape.of(32, 2, 4, 5),
                        Shape.of(32, 4, 4, 5),
                        Shape.of(32, 3, 2, 5),
                        Shape.of(32, 3, 5, 5),
                        Shape.of(32, 3, 4, 4),
                        Shape.of(32, 3, 4, 6),
                        Shape.of(32, 3, 20))
                .map(
                        shape ->
                                valid.source(0, Tensor.leaf("a", d.type(), shape))
                                        .breaks("a is %s, d is %s".formatted(shape, d.shape())));
    }

    static Stream<NodeCase> gluOfTwo() {
        Tensor a = f32("a", 16, 3, 4, 5);
        Tensor b = f32("b", 16, 3, 4, 5);
        Tensor d = f32("d", 16, 3, 4, 5);
        NodeCase valid = NodeCase.accepted(new Op.Glu(GluOp.GEGLU, false, 0, 0), d, a, b);
        return Stream.of(
                valid,
                valid.source(0, f32("a", 32, 3, 4, 5)).breaks("a has rows of 32, d of 16"),
                valid.source(0, f32("a", 8, 3, 4, 5)).breaks("a has rows of 8, d of 16"),
                valid.source(1, f32("b", 16, 3, 4, 4))
                        .breaks("b is [16, 3, 4, 4], a is [16, 3, 4, 5]"),
                valid.source(1, leaf("b", F16, 16, 3, 4, 5)).breaks("b is F16, not F32"),
                valid.source(1, gapped(b)).breaks("b has gaps inside its rows"));
    }

    @ParameterizedTest
    @MethodSource({
        "elementwise",
        "thatDoNotRepeat",
        "thatDivideBy0",
        "gluOfHalves",
        "gluOfOtherRows",
        "gluOfTwo"
    })
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
