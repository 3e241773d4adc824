package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/// The functions of one element that C computes.
enum Gate {
    RELU(0),
    SIGMOID(1),
    SILU(2),
    GELU(3),
    GELU_QUICK(4),
    TANH(5);

    private final int code;

    Gate(int code) {
        this.code = code;
    }

    /// Its number in gates.h.
    int code() {
        return code;
    }

    /// Null where only plain Java computes it.
    static @Nullable Gate of(UnaryOp function) {
        return switch (function) {
            case RELU -> RELU;
            case SIGMOID -> SIGMOID;
            case SILU -> SILU;
            case GELU -> GELU;
            case GELU_QUICK -> GELU_QUICK;
            case TANH -> TANH;
            default -> null;
        };
    }
}
