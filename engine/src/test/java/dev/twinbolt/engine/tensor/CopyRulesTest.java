package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.apart;
import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.engine.tensor.NodeCase.window;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.I64;
import static dev.twinbolt.gguf.TensorType.Q4_0;
import static dev.twinbolt.gguf.TensorType.Q8_0;

import dev.twinbolt.gguf.TensorType;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CopyRulesTest {
    static Stream<NodeCase> names() {
        Tensor a = f32("a", 16, 3);
        return Stream.of(
                        new Op.Reshape(),
                        new Op.View(),
                        new Op.Permute(0, 1, 2, 3),
                        new Op.Transpose())
                .map(op -> NodeCase.accepted(op, window("d", a, 0, F32, 16, 3), a))
                .flatMap(
                        valid ->
                                Stream.of(
                                        valid,
                                        valid.result(f32("d", 16, 3))
                                                .breaks(
                                                        "must look into the memory of its source"
                                                                + " a")));
    }

    static Stream<NodeCase> copies() {
        return Stream.of(new Op.Dup(), new Op.Cont(), new Op.Cpy())
                .map(op -> NodeCase.accepted(op, leaf("d", F16, 32, 4), f32("a", 64, 2)))
                .flatMap(
                        valid ->
                                Stream.of(
                                        valid,
                                        valid.result(leaf("d", F16, 32, 3))
                                                .breaks("copies 128 elements into 96"),
                                        valid.result(leaf("d", F16, 32, 5))
                                                .breaks("copies 128 elements into 160")));
    }

    static Stream<NodeCase> conversions() {
        return Stream.of(
                converts(I64, I64),
                converts(Q4_0, Q4_0),
                converts(F32, F16),
                converts(F16, F32),
                converts(F16, Q8_0),
                converts(Q8_0, F32),
                converts(F32, I32),
                converts(I32, F32),
                converts(I64, I32).breaks("cannot convert I64 to I32"),
                converts(F32, I64).breaks("cannot convert F32 to I64"),
                converts(I64, F32).breaks("cannot convert I64 to F32"),
                converts(F16, I32).breaks("cannot convert F16 to I32"),
                converts(I32, F16).breaks("cannot convert I32 to F16"),
                converts(I32, Q8_0).breaks("cannot convert I32 to Q8_0"),
                converts(Q8_0, F16).breaks("cannot convert Q8_0 to F16"),
                converts(Q8_0, Q4_0).breaks("cannot convert Q8_0 to Q4_0"));
    }

    private static NodeCase converts(TensorType from, TensorType to) {
        return NodeCase.accepted(new Op.Cpy(), leaf("d", to, 64, 2), leaf("a", from, 64, 2));
    }

    static Stream<NodeCase> copiesOfBlocks() {
        Tensor floats = f32("a", 64, 2);
        Tensor blocks = leaf("d", Q8_0, 32, 4);
        NodeCase toBlocks = NodeCase.accepted(new Op.Cpy(), blocks, floats);
        NodeCase toFloats =
                NodeCase.accepted(new Op.Cpy(), f32("d", 64, 2), leaf("a", Q8_0, 32, 4));
        return Stream.of(
                toBlocks,
                toBlocks.source(0, apart(floats)).breaks(lengths("[64, 2, 1, 1]", "[32, 4, 1, 1]")),
                toBlocks.result(apart(blocks)).breaks(lengths("[64, 2, 1, 1]", "[32, 4, 1, 1]")),
                toBlocks.source(0, apart(f32("a", 32, 2, 2))).result(apart(blocks)),
                toFloats,
                toFloats.source(0, apart(leaf("a", Q8_0, 32, 4)))
                        .breaks(lengths("[32, 4, 1, 1]", "[64, 2, 1, 1]")),
                toBlocks.source(0, apart(floats)).result(leaf("d", F16, 32, 4)));
    }

    private static String lengths(String from, String to) {
        return "block formats are copied between rows of one length, not " + from + " to " + to;
    }

    static Stream<NodeCase> getRows() {
        Tensor a = f32("a", 32, 7, 3, 2);
        Tensor d = f32("d", 32, 5, 3, 2);
        NodeCase valid = NodeCase.accepted(new Op.GetRows(), d, a, leaf("rows", I32, 5, 3, 2));
        NodeCase integers =
                valid.source(0, leaf("a", I32, 32, 7, 3, 2)).result(leaf("d", I32, 32, 5, 3, 2));
        return Stream.of(
                valid,
                valid.source(0, leaf("a", F16, 32, 7, 3, 2)),
                valid.source(0, leaf("a", Q8_0, 32, 7, 3, 2)),
                valid.source(0, leaf("a", I64, 32, 7, 3, 2)).breaks("cannot read rows of I64"),
                valid.source(0, NodeCase.gapped(a)).breaks("a has gaps inside its rows"),
                valid.source(1, leaf("rows", I64, 5, 3, 2)).breaks("rows is I64, not I32"),
                valid.result(leaf("d", I32, 32, 5, 3, 2)).breaks("d is I32, not F32"),
                integers,
                integers.result(d).breaks("d is F32, not I32"),
                valid.result(NodeCase.gapped(d)).breaks("d has gaps inside its rows"),
                valid.source(1, leaf("rows", I32, 6, 3, 2))
                        .breaks("d is [32, 5, 3, 2], not [32, 6, 3, 2]"));
    }

    static Stream<NodeCase> getRowsPlanes() {
        NodeCase valid =
                NodeCase.accepted(
                        new Op.GetRows(),
                        f32("d", 32, 5, 3, 2),
                        f32("a", 32, 7, 3, 2),
                        leaf("rows", I32, 5, 3, 2));
        return Stream.of(
                        Shape.of(5, 2, 2),
                        Shape.of(5, 4, 2),
                        Shape.of(5, 3, 1),
                        Shape.of(5, 3, 3),
                        Shape.of(5, 3, 2, 0),
                        Shape.of(5, 3, 2, 2))
                .map(
                        shape ->
                                valid.source(1, Tensor.leaf("rows", I32, shape))
                                        .breaks(
                                                "row numbers are %s for an a of [32, 7, 3, 2]"
                                                        .formatted(shape)));
    }

    static Stream<NodeCase> rowNumbersInTheResult() {
        Tensor memory = f32("memory", 100);
        memory.bind(() -> 400, 0);
        NodeCase valid =
                NodeCase.accepted(
                        new Op.GetRows(),
                        window("d", memory, 0, F32, 8, 5),
                        f32("a", 8, 7),
                        window("rows", memory, 160, I32, 5));
        return Stream.of(
                valid,
                valid.source(1, window("rows", memory, 156, I32, 5))
                        .breaks("writes over the numbers rows that it reads"));
    }

    static Stream<NodeCase> concat() {
        NodeCase valid =
                NodeCase.accepted(
                        new Op.Concat(1),
                        f32("d", 32, 10, 2, 5),
                        f32("a", 32, 3, 2, 5),
                        f32("b", 32, 7, 2, 5));
        return Stream.of(
                valid,
                valid.op(new Op.Concat(0)).breaks(joins("[32, 7, 2, 5]", "[32, 10, 2, 5]")),
                valid.source(0, leaf("a", F16, 32, 3, 2, 5)).breaks("a is F16, d is F32"),
                valid.source(1, leaf("b", F16, 32, 7, 2, 5)).breaks("b is F16, d is F32"),
                NodeCase.accepted(
                                new Op.Concat(1),
                                leaf("d", Q8_0, 32, 10, 2, 5),
                                leaf("a", Q8_0, 32, 3, 2, 5),
                                leaf("b", Q8_0, 32, 7, 2, 5))
                        .breaks("does not join Q8_0"),
                valid.source(1, f32("b", 32, 7, 2, 4))
                        .breaks(joins("[32, 7, 2, 4]", "[32, 10, 2, 5]")),
                valid.source(1, f32("b", 32, 7, 2, 6))
                        .breaks(joins("[32, 7, 2, 6]", "[32, 10, 2, 5]")),
                valid.source(1, f32("b", 31, 7, 2, 5))
                        .breaks(joins("[31, 7, 2, 5]", "[32, 10, 2, 5]")),
                valid.result(f32("d", 32, 11, 2, 5))
                        .breaks(joins("[32, 7, 2, 5]", "[32, 11, 2, 5]")),
                valid.result(f32("d", 32, 9, 2, 5)).breaks(joins("[32, 7, 2, 5]", "[32, 9, 2, 5]")),
                valid.result(f32("d", 32, 10, 2, 4))
                        .breaks(joins("[32, 7, 2, 5]", "[32, 10, 2, 4]")));
    }

    private static String joins(String b, String d) {
        return "joins [32, 3, 2, 5] and " + b + " to " + d;
    }

    /// Shapes to which nothing is joined, as along no dimension nothing is.
    static Stream<NodeCase> concatAlongNoDimension() {
        Tensor a = f32("a", 8, 3);
        NodeCase outermost =
                NodeCase.accepted(new Op.Concat(3), f32("d", 8, 3, 1, 2), a, f32("b", 8, 3));
        NodeCase innermost =
                NodeCase.accepted(new Op.Concat(0), f32("d", 16, 3), a, f32("b", 8, 3));
        NodeCase none = outermost.result(f32("d", 8, 3));
        return Stream.of(
                outermost,
                innermost,
                none.op(new Op.Concat(4)).breaks("has no dimension 4"),
                none.op(new Op.Concat(-1)).breaks("has no dimension -1"));
    }

    @ParameterizedTest
    @MethodSource({
        "names",
        "copies",
        "conversions",
        "copiesOfBlocks",
        "getRows",
        "getRowsPlanes",
        "rowNumbersInTheResult",
        "concat",
        "concatAlongNoDimension"
    })
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
