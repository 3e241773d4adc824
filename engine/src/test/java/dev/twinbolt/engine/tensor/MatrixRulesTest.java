package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.engine.tensor.NodeCase.window;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.Q8_0;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MatrixRulesTest {
    static Stream<NodeCase> mulMat() {
        Tensor a = f32("a", 64, 3, 2, 2);
        Tensor b = f32("b", 64, 5, 4, 6);
        Tensor d = f32("d", 3, 5, 4, 6);
        NodeCase valid = NodeCase.accepted(new Op.MulMat(), d, a, b);
        NodeCase half = valid.source(1, leaf("b", F16, 64, 5, 4, 6));
        return Stream.of(
                valid,
                valid.source(0, leaf("a", BF16, 64, 3, 2, 2)),
                valid.source(0, leaf("a", Q8_0, 64, 3, 2, 2)),
                valid.source(0, leaf("a", I32, 64, 3, 2, 2)).breaks("a is I32"),
                valid.source(0, gapped(a)).breaks("a has gaps inside its rows"),
                half,
                half.source(0, leaf("a", F16, 64, 3, 2, 2)),
                half.source(0, leaf("a", BF16, 64, 3, 2, 2)).breaks("b is F16 beside an a of BF16"),
                half.source(0, leaf("a", Q8_0, 64, 3, 2, 2)).breaks("b is F16 beside an a of Q8_0"),
                valid.source(1, leaf("b", BF16, 64, 5, 4, 6))
                        .breaks("b is BF16 beside an a of F32"),
                valid.source(1, gapped(b)).breaks("b has gaps inside its rows"),
                valid.result(leaf("d", F16, 3, 5, 4, 6)).breaks("d is F16, not F32"),
                valid.result(gapped(d)).breaks("d has gaps inside its rows"),
                valid.source(0, f32("a", 65, 3, 2, 2)).breaks("a has rows of 65, b of 64"),
                valid.source(0, f32("a", 63, 3, 2, 2)).breaks("a has rows of 63, b of 64"),
                valid.source(0, f32("a", 64, 3, 3, 2)).breaks("3 does not divide 4 matrices"),
                valid.source(0, f32("a", 64, 3, 0, 2)).breaks("0 does not divide 4 matrices"),
                valid.source(0, f32("a", 64, 3, 2, 4)).breaks("4 does not divide 6 matrices"),
                valid.source(0, f32("a", 64, 4, 2, 2))
                        .breaks("d is [3, 5, 4, 6], not [4, 5, 4, 6]"),
                NodeCase.accepted(
                        new Op.MulMat(),
                        f32("d", 3, 5, 0, 6),
                        f32("a", 64, 3, 0, 2),
                        f32("b", 64, 5, 0, 6)));
    }

    static Stream<NodeCase> mulMatId() {
        Tensor a = f32("a", 64, 3, 8);
        Tensor b = f32("b", 64, 2, 5);
        Tensor ids = leaf("ids", I32, 4, 5);
        Tensor d = f32("d", 3, 4, 5);
        NodeCase valid = NodeCase.accepted(new Op.MulMatId(), d, a, b, ids);
        return Stream.of(
                valid,
                valid.source(0, leaf("a", Q8_0, 64, 3, 8)),
                valid.source(0, leaf("a", I32, 64, 3, 8)).breaks("a is I32"),
                valid.source(1, leaf("b", F16, 64, 2, 5)).breaks("b is F16, not F32"),
                valid.source(1, gapped(b)).breaks("b has gaps inside its rows"),
                valid.source(2, f32("ids", 4, 5)).breaks("ids is F32, not I32"),
                valid.source(2, gapped(ids)).breaks("ids has gaps inside its rows"),
                valid.result(leaf("d", F16, 3, 4, 5)).breaks("d is F16, not F32"),
                valid.result(gapped(d)).breaks("d has gaps inside its rows"),
                valid.source(0, f32("a", 64, 3, 8, 2)).breaks("works on three dimensions"),
                valid.source(0, f32("a", 64, 3, 8, 0)).breaks("works on three dimensions"),
                valid.source(1, f32("b", 64, 2, 5, 2)).breaks("works on three dimensions"),
                valid.source(1, f32("b", 64, 2, 5, 0)).breaks("works on three dimensions"),
                valid.source(1, f32("b", 65, 2, 5)).breaks("a has rows of 64, b of 65"),
                valid.source(1, f32("b", 63, 2, 5)).breaks("a has rows of 64, b of 63"),
                valid.source(1, f32("b", 64, 1, 5)),
                valid.source(1, f32("b", 64, 4, 5)),
                valid.source(1, f32("b", 64, 3, 5))
                        .breaks("3 does not divide 4 rows of b over experts used"),
                valid.source(1, f32("b", 64, 0, 5))
                        .breaks("0 does not divide 4 rows of b over experts used"),
                valid.source(0, f32("a", 64, 4, 8)).breaks("d is [3, 4, 5, 1], not [4, 4, 5, 1]"));
    }

    static Stream<NodeCase> expertNumbersOfOtherTokens() {
        NodeCase valid =
                NodeCase.accepted(
                        new Op.MulMatId(),
                        f32("d", 3, 4, 5),
                        f32("a", 64, 3, 8),
                        f32("b", 64, 2, 5),
                        leaf("ids", I32, 4, 5));
        return Stream.of(
                        Shape.of(4, 4),
                        Shape.of(4, 6),
                        Shape.of(4, 5, 0),
                        Shape.of(4, 5, 2),
                        Shape.of(4, 5, 1, 0),
                        Shape.of(4, 5, 1, 2))
                .map(
                        shape ->
                                valid.source(2, Tensor.leaf("ids", I32, shape))
                                        .breaks(
                                                "expert numbers are %s for 5 tokens"
                                                        .formatted(shape)));
    }

    static Stream<NodeCase> expertNumbersInTheResult() {
        Tensor memory = f32("memory", 100);
        memory.bind(() -> 400, 0);
        Tensor ids = window("ids", memory, 240, I32, 4, 5);
        NodeCase valid =
                NodeCase.accepted(
                        new Op.MulMatId(),
                        window("d", memory, 0, F32, 3, 4, 5),
                        f32("a", 64, 3, 8),
                        f32("b", 64, 2, 5),
                        ids);
        return Stream.of(
                valid,
                valid.result(window("d", memory, 4, F32, 3, 4, 5))
                        .breaks("writes over the numbers ids that it reads"));
    }

    @ParameterizedTest
    @MethodSource({"mulMat", "mulMatId", "expertNumbersOfOtherTokens", "expertNumbersInTheResult"})
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
