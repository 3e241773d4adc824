package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.I32;

import dev.twinbolt.gguf.TensorType;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RopeRulesTest {
    private static final NodeCase VALID =
            NodeCase.accepted(
                    rope(32, 16),
                    f32("d", 64, 4, 5, 2),
                    f32("a", 64, 4, 5, 2),
                    leaf("positions", I32, 5),
                    f32("factors", 16));

    private static Op.Rope rope(int dims, int offset) {
        return new Op.Rope(dims, RopeMode.NORMAL, 0, 10000, 1, 0, 1, 32, 1, offset);
    }

    static Stream<NodeCase> operands() {
        return Stream.of(
                VALID,
                VALID.source(0, f32("a", 64, 4, 5, 3))
                        .breaks("a is [64, 4, 5, 3], d is [64, 4, 5, 2]"),
                VALID.source(0, leaf("a", F16, 64, 4, 5, 2)).breaks("a is F16, d is F32"),
                typed(F16),
                typed(BF16).breaks("works on F32 and F16, a is BF16"),
                VALID.source(0, gapped(f32("a", 64, 4, 5, 2))).breaks("a has gaps inside its rows"),
                VALID.result(gapped(f32("d", 64, 4, 5, 2))).breaks("d has gaps inside its rows"));
    }

    private static NodeCase typed(TensorType type) {
        return VALID.source(0, leaf("a", type, 64, 4, 5, 2)).result(leaf("d", type, 64, 4, 5, 2));
    }

    static Stream<NodeCase> positions() {
        return Stream.of(
                VALID.source(1, f32("positions", 5)).breaks("positions is F32, not I32"),
                VALID.source(1, gapped(leaf("positions", I32, 5)))
                        .breaks("positions has gaps inside its rows"),
                VALID.source(1, leaf("positions", I32, 5, 0))
                        .breaks("positions is [5, 0, 1, 1], not one row"),
                VALID.source(1, leaf("positions", I32, 4)).breaks("has 4 positions for 5 tokens"),
                VALID.source(1, leaf("positions", I32, 6)).breaks("has 6 positions for 5 tokens"));
    }

    static Stream<NodeCase> factors() {
        return Stream.of(
                VALID.source(2, null),
                VALID.source(2, leaf("factors", F16, 16)).breaks("factors is F16, not F32"),
                VALID.source(2, gapped(f32("factors", 16)))
                        .breaks("factors has gaps inside its rows"),
                VALID.source(2, f32("factors", 16, 0))
                        .breaks("factors is [16, 0, 1, 1], not one row"),
                VALID.source(2, f32("factors", 17)),
                VALID.source(2, f32("factors", 15))
                        .breaks("has 15 frequency factors for 16 pairs"));
    }

    static Stream<NodeCase> columns() {
        NodeCase plain = VALID.source(2, null);
        NodeCase wide = plain.source(0, f32("a", 65538, 1, 5)).result(f32("d", 65538, 1, 5));
        return Stream.of(
                plain.op(rope(64, 0)),
                plain.op(rope(2, 62)),
                plain.op(rope(0, 16)).breaks(cannotTurn(0, 16)),
                plain.op(rope(-2, 16)).breaks(cannotTurn(-2, 16)),
                plain.op(rope(31, 16)).breaks(cannotTurn(31, 16)),
                plain.op(rope(32, 15)).breaks(cannotTurn(32, 15)),
                plain.op(rope(32, -2)).breaks(cannotTurn(32, -2)),
                plain.op(rope(32, 34)).breaks(cannotTurn(32, 34)),
                plain.op(rope(32, Integer.MAX_VALUE - 1))
                        .breaks(cannotTurn(32, Integer.MAX_VALUE - 1)),
                wide.op(rope(65536, 0)),
                wide.op(rope(65538, 0)).breaks("cannot turn 65538 columns from column 0 of 65538"));
    }

    private static String cannotTurn(int dims, int offset) {
        return "cannot turn %d columns from column %d of 64".formatted(dims, offset);
    }

    @ParameterizedTest
    @MethodSource({"operands", "positions", "factors", "columns"})
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
