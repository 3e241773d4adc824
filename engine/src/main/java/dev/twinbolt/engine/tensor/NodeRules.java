package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;

import dev.twinbolt.gguf.TensorType;
import java.util.Objects;

/// One op's result and sources, and what its rules are made of: each throws [InvalidGraphException]
/// naming the op, the tensor and the rule, where it is broken.
abstract class NodeRules {
    /// The result.
    final Tensor d;

    NodeRules(Tensor d) {
        this.d = d;
    }

    Tensor a() {
        return d.source(0);
    }

    Tensor b() {
        return d.source(1);
    }

    static boolean isFloat(TensorType type) {
        return type == F32 || type == F16 || type == BF16;
    }

    void floats(Tensor t) {
        require(isFloat(t.type()), "%s is %s, not a float", t.name(), t.type());
    }

    void types(TensorType type) {
        type(a(), type);
        type(d, type);
        rowContiguous(a());
        rowContiguous(d);
    }

    void type(Tensor t, TensorType type) {
        require(t.type() == type, "%s is %s, not %s", t.name(), t.type(), type);
    }

    void sameType(Tensor t) {
        require(t.type() == d.type(), "%s is %s, d is %s", t.name(), t.type(), d.type());
    }

    void sameShape(Tensor t) {
        require(t.shape().equals(d.shape()), "%s is %s, d is %s", t.name(), t.shape(), d.shape());
    }

    void shape(Shape expected) {
        require(d.shape().equals(expected), "d is %s, not %s", d.shape(), expected);
    }

    void rowContiguous(Tensor t) {
        require(
                t.isRowContiguous() || t.shape().isEmpty() || t.ne(0) == 1,
                "%s has gaps inside its rows",
                t.name());
    }

    /// Kernels read the columns of its one row. A tensor without rows has no bytes, so that nothing
    /// says that they lie in its memory.
    void vector(Tensor t, TensorType type) {
        type(t, type);
        rowContiguous(t);
        require(
                t.ne(1) == 1 && t.ne(2) == 1 && t.ne(3) == 1,
                "%s is %s, not one row",
                t.name(),
                t.shape());
    }

    /// Row and expert numbers are checked once, so the op itself may not change them.
    void keeps(Tensor numbers) {
        require(!d.overlaps(numbers), "writes over the numbers %s that it reads", numbers.name());
    }

    void divides(long divisor, long value, String what) {
        require(
                d.shape().isEmpty() || (divisor > 0 && value % divisor == 0),
                "%d does not divide %d %s",
                divisor,
                value,
                what);
    }

    void require(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new InvalidGraphException(
                    Objects.requireNonNull(d.op()).name()
                            + " "
                            + d.name()
                            + ": "
                            + rule.formatted(values));
        }
    }
}
