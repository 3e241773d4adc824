package dev.twinbolt.engine.tensor;

import static dev.twinbolt.engine.tensor.NodeCase.apart;
import static dev.twinbolt.engine.tensor.NodeCase.f32;
import static dev.twinbolt.engine.tensor.NodeCase.gapped;
import static dev.twinbolt.engine.tensor.NodeCase.leaf;
import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.Q8_0;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionRulesTest {
    private static final NodeCase SOFT_MAX =
            NodeCase.accepted(
                    new Op.SoftMax(1, 0),
                    f32("d", 16, 3, 4, 6),
                    f32("a", 16, 3, 4, 6),
                    leaf("mask", F16, 16, 3, 2, 3),
                    f32("sinks", 4));

    private static final NodeCase FLASH_ATTN_EXT =
            NodeCase.accepted(
                    new Op.FlashAttnExt(1, 0, 0),
                    f32("d", 32, 4, 3, 6),
                    f32("q", 64, 3, 4, 6),
                    leaf("k", F16, 64, 5, 2, 3),
                    leaf("v", F16, 32, 5, 2, 3),
                    leaf("mask", F16, 5, 3, 2, 3),
                    f32("sinks", 4));

    static Stream<NodeCase> softMax() {
        return Stream.of(
                SOFT_MAX,
                SOFT_MAX.source(0, f32("a", 16, 3, 4, 5))
                        .breaks("a is [16, 3, 4, 5], d is [16, 3, 4, 6]"));
    }

    static Stream<NodeCase> softMaxOfFloatRows() {
        return SOFT_MAX.breakingFloatRows();
    }

    static Stream<NodeCase> masks() {
        return Stream.of(
                SOFT_MAX.source(1, null),
                SOFT_MAX.source(1, f32("mask", 16, 3, 2, 3)),
                SOFT_MAX.source(1, leaf("mask", BF16, 16, 3, 2, 3)).breaks("mask mask is BF16"),
                SOFT_MAX.source(1, gapped(leaf("mask", F16, 16, 3, 2, 3)))
                        .breaks("mask has gaps inside its rows"),
                SOFT_MAX.source(1, leaf("mask", F16, 17, 3, 2, 3))
                        .breaks("mask is [17, 3, 2, 3] for 16 columns and 3 rows"),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 4, 2, 3)),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 2, 2, 3))
                        .breaks("mask is [16, 2, 2, 3] for 16 columns and 3 rows"),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 3, 3, 3))
                        .breaks("3 does not divide 4 mask planes over heads"),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 3, 0, 3))
                        .breaks("0 does not divide 4 mask planes over heads"),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 3, 2, 4))
                        .breaks("4 does not divide 6 mask planes over sequences"),
                SOFT_MAX.source(1, leaf("mask", F16, 16, 3, 2, 0))
                        .breaks("0 does not divide 6 mask planes over sequences"));
    }

    static Stream<NodeCase> sinks() {
        return Stream.of(
                SOFT_MAX.source(2, null),
                SOFT_MAX.source(2, leaf("sinks", F16, 4)).breaks("sinks is F16, not F32"),
                SOFT_MAX.source(2, gapped(f32("sinks", 4)))
                        .breaks("sinks has gaps inside its rows"),
                SOFT_MAX.source(2, f32("sinks", 5)).breaks("has 5 sinks for 4 heads"),
                SOFT_MAX.source(2, f32("sinks", 4, 2)).breaks("sinks is [4, 2, 1, 1], not one row"),
                SOFT_MAX.source(2, f32("sinks", 4, 1, 2))
                        .breaks("sinks is [4, 1, 2, 1], not one row"),
                SOFT_MAX.source(2, f32("sinks", 4, 1, 1, 2))
                        .breaks("sinks is [4, 1, 1, 2], not one row"),
                SOFT_MAX.source(2, f32("sinks", 4, 0)).breaks("sinks is [4, 0, 1, 1], not one row"),
                SOFT_MAX.source(2, f32("sinks", 4, 1, 0))
                        .breaks("sinks is [4, 1, 0, 1], not one row"),
                SOFT_MAX.source(2, f32("sinks", 4, 1, 1, 0))
                        .breaks("sinks is [4, 1, 1, 0], not one row"));
    }

    static Stream<NodeCase> flashAttnExt() {
        Tensor q = f32("q", 64, 3, 4, 6);
        Tensor k = leaf("k", F16, 64, 5, 2, 3);
        Tensor v = leaf("v", F16, 32, 5, 2, 3);
        NodeCase valid = FLASH_ATTN_EXT;
        return Stream.of(
                valid,
                valid.source(3, null).source(4, null),
                valid.source(0, leaf("q", F16, 64, 3, 4, 6)).breaks("q is F16, not F32"),
                valid.result(leaf("d", F16, 32, 4, 3, 6)).breaks("d is F16, not F32"),
                valid.source(0, gapped(q)).breaks("q has gaps inside its rows"),
                valid.source(1, gapped(k)).breaks("k has gaps inside its rows"),
                valid.source(2, gapped(v)).breaks("v has gaps inside its rows"),
                valid.source(1, leaf("k", Q8_0, 64, 5, 2, 3)),
                valid.source(1, leaf("k", I32, 64, 5, 2, 3)).breaks("k is I32"),
                valid.source(2, leaf("v", Q8_0, 32, 5, 2, 3)),
                valid.source(2, leaf("v", I32, 32, 5, 2, 3)).breaks("v is I32"),
                valid.source(0, f32("q", 63, 3, 4, 6)).breaks("K has 64 columns, Q 63"),
                valid.source(0, f32("q", 65, 3, 4, 6)).breaks("K has 64 columns, Q 65"),
                valid.source(2, leaf("v", F16, 32, 6, 2, 3)).breaks("K has 5 rows, V 6"),
                valid.source(2, leaf("v", F16, 32, 4, 2, 3)).breaks("K has 5 rows, V 4"),
                valid.source(0, f32("q", 64, 2, 4, 6))
                        .breaks("d is [32, 4, 3, 6], not [32, 4, 2, 6]"),
                valid.result(apart(f32("d", 32, 4, 3, 6))).breaks("d is not contiguous"));
    }

    static Stream<NodeCase> flashAttnExtHeads() {
        NodeCase valid = FLASH_ATTN_EXT;
        return Stream.of(
                valid.source(1, leaf("k", F16, 64, 5, 3, 3)).breaks("3 does not divide 4 heads"),
                valid.source(1, leaf("k", F16, 64, 5, 0, 3)).breaks("0 does not divide 4 heads"),
                valid.source(1, leaf("k", F16, 64, 5, 2, 4))
                        .breaks("4 does not divide 6 sequences"),
                valid.source(2, leaf("v", F16, 32, 5, 3, 3)).breaks("3 does not divide 4 heads"),
                valid.source(2, leaf("v", F16, 32, 5, 0, 3)).breaks("0 does not divide 4 heads"),
                valid.source(2, leaf("v", F16, 32, 5, 2, 4))
                        .breaks("4 does not divide 6 sequences"));
    }

    /// The rules of masks and sinks are those of SOFT_MAX; the numbers are not.
    static Stream<NodeCase> flashAttnExtMaskAndSinks() {
        NodeCase valid = FLASH_ATTN_EXT;
        return Stream.of(
                valid.source(3, f32("mask", 5, 3, 2, 3)).breaks("mask mask is F32"),
                valid.source(3, leaf("mask", F16, 4, 3, 2, 3))
                        .breaks("mask is [4, 3, 2, 3] for 5 columns and 3 rows"),
                valid.source(3, leaf("mask", F16, 5, 3, 3, 3))
                        .breaks("3 does not divide 4 mask planes over heads"),
                valid.source(3, leaf("mask", F16, 5, 3, 2, 4))
                        .breaks("4 does not divide 6 mask planes over sequences"),
                valid.source(4, f32("sinks", 3)).breaks("has 3 sinks for 4 heads"));
    }

    @ParameterizedTest
    @MethodSource({
        "softMax",
        "softMaxOfFloatRows",
        "masks",
        "sinks",
        "flashAttnExt",
        "flashAttnExtHeads",
        "flashAttnExtMaskAndSinks"
    })
    void isRefusedByTheRuleThatItBreaks(NodeCase node) {
        node.check();
    }
}
