package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;

import java.util.List;

/// What holds of ops on pairs of elements.
final class ElementRules extends NodeRules {
    ElementRules(Tensor d) {
        super(d);
    }

    void elementwise() {
        Tensor a = a();
        Tensor b = b();
        sameShape(a);
        for (Tensor t : List.of(d, a, b)) {
            floats(t);
            rowContiguous(t);
        }
        require(a.type() != F32 || d.type() == F32, "%s cannot be kept in %s", F32, d.type());
        require(
                b.type() == F32 || b.type() == a.type(),
                "b is %s beside an a of %s",
                b.type(),
                a.type());
        for (int i = 0; i < 4; i++) {
            require(
                    d.shape().isEmpty() || (b.ne(i) > 0 && d.ne(i) % b.ne(i) == 0),
                    "b %s does not repeat to %s",
                    b.shape(),
                    d.shape());
        }
    }

    void glu() {
        Tensor a = a();
        Tensor b = d.optionalSource(1);
        require(a.type() == F32 || a.type() == F16, "works on F32 and F16, a is %s", a.type());
        sameType(a);
        rowContiguous(a);
        rowContiguous(d);
        if (b == null) {
            require(a.ne(0) == 2 * d.ne(0), "halves rows of %d to %d", a.ne(0), d.ne(0));
        } else {
            require(a.ne(0) == d.ne(0), "a has rows of %d, d of %d", a.ne(0), d.ne(0));
            require(b.shape().equals(a.shape()), "b is %s, a is %s", b.shape(), a.shape());
            type(b, a.type());
            rowContiguous(b);
        }
        require(
                a.ne(1) == d.ne(1) && a.ne(2) == d.ne(2) && a.ne(3) == d.ne(3),
                "a is %s, d is %s",
                a.shape(),
                d.shape());
    }
}
