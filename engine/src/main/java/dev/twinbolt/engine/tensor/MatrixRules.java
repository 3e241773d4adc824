package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;

/// What holds of matrix products.
final class MatrixRules extends NodeRules {
    MatrixRules(Tensor d) {
        super(d);
    }

    void mulMat() {
        Tensor a = a();
        Tensor b = b();
        weights(a);
        require(
                b.type() == F32 || (b.type() == F16 && (a.type() == F16 || a.type() == F32)),
                "b is %s beside an a of %s",
                b.type(),
                a.type());
        rowContiguous(b);
        type(d, F32);
        rowContiguous(d);
        require(a.ne(0) == b.ne(0), "a has rows of %d, b of %d", a.ne(0), b.ne(0));
        divides(a.ne(2), b.ne(2), "matrices");
        divides(a.ne(3), b.ne(3), "matrices");
        shape(Shape.of(a.ne(1), b.ne(1), b.ne(2), b.ne(3)));
    }

    void mulMatId() {
        Tensor a = a();
        Tensor b = b();
        Tensor ids = d.source(2);
        weights(a);
        type(b, F32);
        rowContiguous(b);
        type(ids, I32);
        rowContiguous(ids);
        keeps(ids);
        type(d, F32);
        rowContiguous(d);
        require(a.ne(3) == 1 && b.ne(3) == 1, "works on three dimensions");
        require(
                ids.ne(2) == 1 && ids.ne(3) == 1 && ids.ne(1) == b.ne(2),
                "expert numbers are %s for %d tokens",
                ids.shape(),
                b.ne(2));
        require(a.ne(0) == b.ne(0), "a has rows of %d, b of %d", a.ne(0), b.ne(0));
        divides(b.ne(1), ids.ne(0), "rows of b over experts used");
        shape(Shape.of(a.ne(1), ids.ne(0), b.ne(2), 1));
    }

    /// The first source of a matrix product: any float or block format.
    private void weights(Tensor a) {
        require(isFloat(a.type()) || a.type().isQuantized(), "a is %s", a.type());
        rowContiguous(a);
    }
}
