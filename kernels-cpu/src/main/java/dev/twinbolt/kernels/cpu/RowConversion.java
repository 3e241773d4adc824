package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/// How C copies rows from one type to another.
enum RowConversion {
    SAME(0),
    F32_TO_F16(1),
    F16_TO_F32(2),
    F32_TO_Q8_0(3);

    private final int code;

    RowConversion(int code) {
        this.code = code;
    }

    /// Its number in copy.h.
    int code() {
        return code;
    }

    /// Null where only plain Java copies so.
    static @Nullable RowConversion of(Tensor from, Tensor to) {
        if (!from.isRowContiguous() || !to.isRowContiguous()) {
            return null;
        }
        if (from.type() == to.type()) {
            return from.type().isQuantized() ? null : SAME;
        }
        if (from.type() == TensorType.F32) {
            return switch (to.type()) {
                case F16 -> F32_TO_F16;
                case Q8_0 -> F32_TO_Q8_0;
                default -> null;
            };
        }
        return from.type() == TensorType.F16 && to.type() == TensorType.F32 ? F16_TO_F32 : null;
    }
}
