package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.engine.tensor.NodeCase.window;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.I64;
import static dev.twinbolt.gguf.TensorType.Q8_0;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SetRowsRulesTest {
    private static final Tensor VALUES = f32("values", 32, 5, 4, 6);
    private static final Tensor ROWS = leaf("rows", I64, 5, 2, 3);
    private static final Tensor TARGET = leaf("target", F16, 32, 9, 4, 6);
    private static final NodeCase VALID = into(TARGET);

    /// The op whose result is `target` itself, as it must be.
    private static NodeCase into(Tensor target) {
        return NodeCase.accepted(new Op.SetRows(), at(target, 0), VALUES, ROWS, target);
    }

    private static Tensor at(Tensor target, long offset) {
        return Tensor.view(
                "d",
                target.type(),
                target.shape(),
                target.strides(),
                new Op.View(),
                target,
                offset);
    }

    static Stream<NodeCase> operands() {
        return Stream.of(
                VALID,
                VALID.source(0, leaf("values", F16, 32, 5, 4, 6)),
                VALID.source(0, leaf("values", BF16, 32, 5, 4, 6)).breaks("values are BF16"),
                VALID.source(0, gapped(VALUES)).breaks("values has gaps inside its rows"),
                VALID.source(1, leaf("rows", I32, 5, 2, 3)),
                VALID.source(1, f32("rows", 5, 2, 3)).breaks("row numbers are F32"),
                into(leaf("target", Q8_0, 32, 9, 4, 6)),
                into(leaf("target", I32, 32, 9, 4, 6)).breaks("cannot write rows of I32"),
                into(gapped(TARGET)).breaks("target has gaps inside its rows"));
    }

    static Stream<NodeCase> shapes() {
        return Stream.of(
                VALID.source(0, f32("values", 64, 5, 4, 6)).breaks(doNotFit("[64, 5, 4, 6]")),
                VALID.source(0, f32("values", 31, 5, 4, 6)).breaks(doNotFit("[31, 5, 4, 6]")),
                VALID.source(0, f32("values", 32, 5, 2, 6)).breaks(doNotFit("[32, 5, 2, 6]")),
                VALID.source(0, f32("values", 32, 5, 8, 6)).breaks(doNotFit("[32, 5, 8, 6]")),
                VALID.source(0, f32("values", 32, 5, 4, 3)).breaks(doNotFit("[32, 5, 4, 3]")),
                VALID.source(0, f32("values", 32, 5, 4, 9)).breaks(doNotFit("[32, 5, 4, 9]")),
                VALID.source(1, leaf("rows", I64, 4, 2, 3))
                        .breaks("row numbers are [4, 2, 3, 1] for values of [32, 5, 4, 6]"),
                VALID.source(1, leaf("rows", I64, 5, 2, 3, 0))
                        .breaks("row numbers are [5, 2, 3, 0] for values of [32, 5, 4, 6]"),
                VALID.source(1, leaf("rows", I64, 6, 2, 3))
                        .breaks("row numbers are [6, 2, 3, 1] for values of [32, 5, 4, 6]"),
                VALID.source(1, leaf("rows", I64, 5, 2, 3, 2))
                        .breaks("row numbers are [5, 2, 3, 2] for values of [32, 5, 4, 6]"),
                VALID.source(1, leaf("rows", I64, 5, 3, 3))
                        .breaks("3 does not divide 4 row numbers"),
                VALID.source(1, leaf("rows", I64, 5, 0, 3))
                        .breaks("0 does not divide 4 row numbers"),
                VALID.source(1, leaf("rows", I64, 5, 2, 4))
                        .breaks("4 does not divide 6 row numbers"),
                VALID.source(1, leaf("rows", I64, 5, 2, 0))
                        .breaks("0 does not divide 6 row numbers"));
    }

    private static String doNotFit(String values) {
        return "values " + values + " do not fit [32, 9, 4, 6]";
    }

    static Stream<NodeCase> resultsThatAreNotTheTarget() {
        Strides farther = new Strides(2, TARGET.nb(1), TARGET.nb(2), 2 * TARGET.nb(3));
        Tensor memory = leaf("memory", F16, 32, 9, 4, 6);
        return Stream.of(
                        at(memory, 0),
                        at(TARGET, 2),
                        window("d", TARGET, 0, BF16, 32, 9, 4, 6),
                        window("d", TARGET, 0, F16, 32, 9, 4, 5),
                        Tensor.view("d", F16, TARGET.shape(), farther, new Op.View(), TARGET, 0))
                .map(d -> VALID.result(d).breaks("d is not the tensor target that it writes"));
    }

    static Stream<NodeCase> targetsInsideOtherMemory() {
        Tensor memory = leaf("memory", F16, 32, 9, 4, 7);
        Tensor target = window("target", memory, 64, F16, 32, 9, 4, 6);
        NodeCase valid = NodeCase.accepted(new Op.SetRows(), target, VALUES, ROWS, target);
        return Stream.of(
                valid,
                valid.result(window("d", memory, 62, F16, 32, 9, 4, 6))
                        .breaks("d is not the tensor target that it writes"));
    }

    static Stream<NodeCase> rowNumbersInTheTarget() {
        Tensor memory = f32("memory", 100);
        memory.bind(() -> 400, 0);
        Tensor target = window("target", memory, 0, F32, 8, 9);
        NodeCase valid =
                NodeCase.accepted(
                        new Op.SetRows(),
                        target,
                        f32("values", 8, 5),
                        window("rows", memory, 288, I32, 5),
                        target);
        return Stream.of(
                valid,
                valid.source(1, window("rows", memory, 284, I32, 5))
                        .breaks("writes over the numbers rows that it reads"));
    }

    @ParameterizedTest
    @MethodSource({
        "operands",
        "shapes",
        "resultsThatAreNotTheTarget",
        "targetsInsideOtherMemory",
        "rowNumbersInTheTarget"
    })
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
