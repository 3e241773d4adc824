package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.I64;

import dev.twinbolt.gguf.TensorType;

/// What holds of ops that move elements and compute nothing.
final class CopyRules extends NodeRules {
    CopyRules(Tensor d) {
        super(d);
    }

    void namesMemory() {
        Tensor source = a();
        require(
                d.root() == source.root(),
                "must look into the memory of its source %s",
                source.name());
    }

    void copies() {
        Tensor source = a();
        require(
                d.shape().elementCount() == source.shape().elementCount(),
                "copies %d elements into %d",
                source.shape().elementCount(),
                d.shape().elementCount());
        TensorType from = source.type();
        TensorType to = d.type();
        boolean convertible =
                from == to
                        || (isFloat(from) && (isFloat(to) || to.isQuantized()))
                        || (to == F32 && from.isQuantized())
                        || (from == F32 && to == I32)
                        || (from == I32 && to == F32);
        require(convertible, "cannot convert %s to %s", from, to);
        if (from.isQuantized() || to.isQuantized()) {
            require(
                    d.ne(0) == source.ne(0) || (source.isContiguous() && d.isContiguous()),
                    "block formats are copied between rows of one length, not %s to %s",
                    source.shape(),
                    d.shape());
        }
    }

    void getRows() {
        Tensor a = a();
        Tensor rows = b();
        require(
                isFloat(a.type()) || a.type().isQuantized() || a.type() == I32,
                "cannot read rows of %s",
                a.type());
        rowContiguous(a);
        type(rows, I32);
        keeps(rows);
        type(d, a.type() == I32 ? I32 : F32);
        rowContiguous(d);
        require(
                rows.ne(1) == a.ne(2) && rows.ne(2) == a.ne(3) && rows.ne(3) == 1,
                "row numbers are %s for an a of %s",
                rows.shape(),
                a.shape());
        shape(Shape.of(a.ne(0), rows.ne(0), rows.ne(1), rows.ne(2)));
    }

    void setRows() {
        Tensor values = a();
        Tensor rows = b();
        Tensor target = d.source(2);
        require(values.type() == F32 || values.type() == F16, "values are %s", values.type());
        rowContiguous(values);
        require(rows.type() == I64 || rows.type() == I32, "row numbers are %s", rows.type());
        keeps(rows);
        require(
                isFloat(target.type()) || target.type().isQuantized(),
                "cannot write rows of %s",
                target.type());
        rowContiguous(target);
        require(
                d.root() == target.root()
                        && d.viewOffset() == target.viewOffset()
                        && d.type() == target.type()
                        && d.shape().equals(target.shape())
                        && d.strides().equals(target.strides()),
                "d is not the tensor %s that it writes",
                target.name());
        require(
                values.ne(0) == target.ne(0)
                        && values.ne(2) == target.ne(2)
                        && values.ne(3) == target.ne(3),
                "values %s do not fit %s",
                values.shape(),
                target.shape());
        require(
                rows.ne(0) == values.ne(1) && rows.ne(3) == 1,
                "row numbers are %s for values of %s",
                rows.shape(),
                values.shape());
        divides(rows.ne(1), values.ne(2), "row numbers");
        divides(rows.ne(2), values.ne(3), "row numbers");
    }

    void concat(int dimension) {
        require(dimension >= 0 && dimension < 4, "has no dimension %d", dimension);
        Tensor a = a();
        Tensor b = b();
        sameType(a);
        sameType(b);
        require(!d.type().isQuantized(), "does not join %s", d.type());
        for (int i = 0; i < 4; i++) {
            long joined = i == dimension ? a.ne(i) + b.ne(i) : a.ne(i);
            require(
                    d.ne(i) == joined && (i == dimension || a.ne(i) == b.ne(i)),
                    "joins %s and %s to %s",
                    a.shape(),
                    b.shape(),
                    d.shape());
        }
    }
}
