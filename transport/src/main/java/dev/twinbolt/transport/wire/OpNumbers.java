package dev.twinbolt.transport.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The numbers that a version of the protocol gives to ops, unary functions and GLU gates. They
/// shift between versions, so each version is a row of data: the names in the order of their
/// numbers. Source: llama.cpp `ggml/include/ggml.h`.
final class OpNumbers {
    /// 5.0 and 5.1.
    static final OpNumbers V5 =
            new OpNumbers(
                    """
                    NONE DUP ADD ADD_ID ADD1 ACC SUB MUL DIV SQR SQRT LOG SIN COS SUM SUM_ROWS CUMSUM
                    MEAN ARGMAX COUNT_EQUAL REPEAT REPEAT_BACK CONCAT SILU_BACK NORM RMS_NORM
                    RMS_NORM_BACK GROUP_NORM L2_NORM MUL_MAT MUL_MAT_ID OUT_PROD SCALE SET CPY CONT
                    RESHAPE VIEW PERMUTE TRANSPOSE GET_ROWS GET_ROWS_BACK SET_ROWS DIAG DIAG_MASK_INF
                    DIAG_MASK_ZERO SOFT_MAX SOFT_MAX_BACK ROPE ROPE_BACK CLAMP CONV_TRANSPOSE_1D
                    IM2COL IM2COL_BACK IM2COL_3D COL2IM_1D CONV_2D CONV_3D CONV_2D_DW
                    CONV_TRANSPOSE_2D POOL_1D POOL_2D POOL_2D_BACK UPSCALE PAD PAD_REFLECT_1D ROLL
                    ARANGE TIMESTEP_EMBEDDING ARGSORT TOP_K LEAKY_RELU TRI FILL FLASH_ATTN_EXT
                    FLASH_ATTN_BACK SSM_CONV SSM_SCAN WIN_PART WIN_UNPART GET_REL_POS ADD_REL_POS
                    RWKV_WKV6 GATED_LINEAR_ATTN RWKV_WKV7 SOLVE_TRI GATED_DELTA_NET
                    LIGHTNING_INDEXER DSV4_HC_COMB DSV4_HC_PRE DSV4_HC_POST UNARY MAP_CUSTOM1
                    MAP_CUSTOM2 MAP_CUSTOM3 CUSTOM CROSS_ENTROPY_LOSS CROSS_ENTROPY_LOSS_BACK
                    OPT_STEP_ADAMW OPT_STEP_SGD GLU
                    """,
                    """
                    ABS SGN NEG STEP TANH ELU RELU SIGMOID GELU GELU_QUICK SILU HARDSWISH HARDSIGMOID
                    EXP EXPM1 SOFTPLUS GELU_ERF XIELU FLOOR CEIL ROUND TRUNC
                    """,
                    "REGLU GEGLU SWIGLU SWIGLU_OAI GEGLU_ERF GEGLU_QUICK");

    /// Names of one kind by number, and numbers by name.
    static final class Names {
        private final List<String> byNumber;
        private final Map<String, Integer> numbers = new HashMap<>();

        private Names(String names) {
            byNumber = List.of(names.strip().split("\\s+"));
            for (int i = 0; i < byNumber.size(); i++) {
                numbers.put(byNumber.get(i), i);
            }
        }

        int count() {
            return byNumber.size();
        }

        Optional<String> name(int number) {
            return number < 0 || number >= byNumber.size()
                    ? Optional.empty()
                    : Optional.of(byNumber.get(number));
        }

        Optional<Integer> number(String name) {
            return Optional.ofNullable(numbers.get(name));
        }
    }

    private final Names ops;
    private final Names unaries;
    private final Names glus;

    private OpNumbers(String ops, String unaries, String glus) {
        this.ops = new Names(ops);
        this.unaries = new Names(unaries);
        this.glus = new Names(glus);
    }

    Names ops() {
        return ops;
    }

    Names unaries() {
        return unaries;
    }

    Names glus() {
        return glus;
    }
}
