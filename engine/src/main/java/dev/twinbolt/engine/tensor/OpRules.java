package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.BF16;
import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;
import static dev.twinbolt.gguf.TensorType.I64;

import dev.twinbolt.gguf.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The rules of shapes, types and parameters that every op keeps. The builder checks what it builds
/// and the node what it is sent, with this one text, so a kernel may trust what it gets. Row and
/// expert numbers are data: the kernels check those. Source of the rules: ggml `ggml.c` and
/// `ggml-cpu/ops.cpp`.
public final class OpRules {
    /// More dimensions than any real rope has, and few enough that tables stay small.
    private static final int MAX_ROPE_DIMS = 1 << 16;

    private final Tensor d;

    private OpRules(Tensor d) {
        this.d = d;
    }

    /// Throws [InvalidGraphException] naming the op, the tensor and the rule that `node` breaks.
    public static void check(Tensor node) {
        new OpRules(node).check();
    }

    private void check() {
        layout(d);
        d.sources().forEach(this::layout);
        switch (d.op()) {
            case Op.None() -> require(d.sourceCount() == 0, "takes no sources");
            case Op.Reshape(), Op.View(), Op.Permute(_, _, _, _), Op.Transpose() -> namesMemory();
            case Op.Dup(), Op.Cont(), Op.Cpy() -> copies();
            case Op.Add(), Op.Sub(), Op.Mul(), Op.Div() -> elementwise();
            case Op.Scale(_, _) -> {
                sameShape(a());
                types(F32);
            }
            case Op.Clamp(_, _), Op.Unary(_) -> {
                sameShape(a());
                floats(a());
                sameType(a());
            }
            case Op.Fill(_) -> floats(d);
            case Op.Glu(_, _, _, _) -> glu();
            case Op.RmsNorm(float epsilon) -> {
                require(epsilon >= 0, "epsilon %s is negative", epsilon);
                sameShape(a());
                types(F32);
            }
            case Op.SoftMax(_, _) -> softMax();
            case Op.FlashAttnExt(_, _, _) -> flashAttention();
            case Op.Rope rope -> rope(rope);
            case Op.MulMat() -> mulMat();
            case Op.MulMatId() -> mulMatId();
            case Op.GetRows() -> getRows();
            case Op.SetRows() -> setRows();
            case Op.Concat(int dimension) -> concat(dimension);
            case Op.SumRows() -> {
                shape(Shape.of(1, a().ne(1), a().ne(2), a().ne(3)));
                types(F32);
            }
            case Op.Argsort(_) -> {
                sameShape(a());
                type(a(), F32);
                type(d, I32);
            }
        }
    }

    private Tensor a() {
        return d.source(0);
    }

    private Tensor b() {
        return d.source(1);
    }

    /// What holds of every tensor of a graph: whole blocks in a row, rows of a block format without
    /// gaps inside, and no two elements in one place.
    private void layout(Tensor t) {
        require(
                t.ne(0) % t.type().blockSize() == 0,
                "%s has rows of %d elements, %s needs a multiple of %d",
                t.name(),
                t.ne(0),
                t.type(),
                t.type().blockSize());
        require(
                !t.type().isQuantized() || t.isRowContiguous(),
                "%s has %d bytes between blocks, %s needs %d",
                t.name(),
                t.nb(0),
                t.type(),
                t.type().blockBytes());
        require(
                t.shape().isEmpty() || t.strides().areDisjoint(t.type(), t.shape()),
                "%s of shape %s with strides %s has elements that overlap",
                t.name(),
                t.shape(),
                t.strides());
    }

    private void namesMemory() {
        Tensor source = a();
        require(
                d.root() == source.root(),
                "must look into the memory of its source %s",
                source.name());
    }

    private void copies() {
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

    private void elementwise() {
        Tensor a = a();
        Tensor b = b();
        sameShape(a);
        for (Tensor t : List.of(d, a, b)) {
            floats(t);
            rowContiguous(t);
        }
        require(a.type() == F32 ? d.type() == F32 : true, "%s cannot be kept in %s", F32, d.type());
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

    private void glu() {
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
                a.shape().rowCount() == d.shape().rowCount() && a.ne(1) == d.ne(1),
                "a is %s, d is %s",
                a.shape(),
                d.shape());
    }

    private void softMax() {
        Tensor a = a();
        sameShape(a);
        type(a, F32);
        type(d, F32);
        rowContiguous(a);
        rowContiguous(d);
        mask(d.optionalSource(1), a.ne(0), a.ne(1), a.ne(2), a.ne(3), false);
        sinks(d.optionalSource(2), a.ne(2));
    }

    private void flashAttention() {
        Tensor q = a();
        Tensor k = b();
        Tensor v = d.source(2);
        type(q, F32);
        type(d, F32);
        for (Tensor t : List.of(q, k, v)) {
            rowContiguous(t);
        }
        for (Tensor t : List.of(k, v)) {
            require(isFloat(t.type()) || t.type().isQuantized(), "%s is %s", t.name(), t.type());
        }
        require(k.ne(0) == q.ne(0), "K has %d columns, Q %d", k.ne(0), q.ne(0));
        require(k.ne(1) == v.ne(1), "K has %d rows, V %d", k.ne(1), v.ne(1));
        for (Tensor t : List.of(k, v)) {
            divides(t.ne(2), q.ne(2), "heads");
            divides(t.ne(3), q.ne(3), "sequences");
        }
        shape(Shape.of(v.ne(0), q.ne(2), q.ne(1), q.ne(3)));
        require(d.isContiguous(), "d is not contiguous");
        mask(d.optionalSource(3), k.ne(1), q.ne(1), q.ne(2), q.ne(3), true);
        sinks(d.optionalSource(4), q.ne(2));
    }

    private void mask(
            @Nullable Tensor mask,
            long columns,
            long rows,
            long heads,
            long sequences,
            boolean halfOnly) {
        if (mask == null) {
            return;
        }
        require(
                mask.type() == F16 || (!halfOnly && mask.type() == F32),
                "mask %s is %s",
                mask.name(),
                mask.type());
        rowContiguous(mask);
        require(
                mask.ne(0) == columns && mask.ne(1) >= rows,
                "mask is %s for %d columns and %d rows",
                mask.shape(),
                columns,
                rows);
        divides(mask.ne(2), heads, "mask planes over heads");
        divides(mask.ne(3), sequences, "mask planes over sequences");
    }

    private void sinks(@Nullable Tensor sinks, long heads) {
        if (sinks != null) {
            type(sinks, F32);
            rowContiguous(sinks);
            require(sinks.ne(0) == heads, "has %d sinks for %d heads", sinks.ne(0), heads);
        }
    }

    private void rope(Op.Rope op) {
        Tensor a = a();
        Tensor positions = b();
        sameShape(a);
        sameType(a);
        require(a.type() == F32 || a.type() == F16, "works on F32 and F16, a is %s", a.type());
        rowContiguous(a);
        rowContiguous(d);
        type(positions, I32);
        rowContiguous(positions);
        require(
                positions.ne(0) == a.ne(2),
                "has %d positions for %d tokens",
                positions.ne(0),
                a.ne(2));
        require(
                op.dims() > 0
                        && op.dims() <= MAX_ROPE_DIMS
                        && op.dims() % 2 == 0
                        && op.offset() >= 0
                        && op.offset() % 2 == 0
                        && op.offset() + (long) op.dims() <= a.ne(0),
                "cannot turn %d columns from column %d of %d",
                op.dims(),
                op.offset(),
                a.ne(0));
        Tensor factors = d.optionalSource(2);
        if (factors != null) {
            type(factors, F32);
            rowContiguous(factors);
            require(
                    factors.ne(0) >= op.dims() / 2,
                    "has %d frequency factors for %d pairs",
                    factors.ne(0),
                    op.dims() / 2);
        }
    }

    private void mulMat() {
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

    private void mulMatId() {
        Tensor a = a();
        Tensor b = b();
        Tensor ids = d.source(2);
        weights(a);
        type(b, F32);
        rowContiguous(b);
        type(ids, I32);
        rowContiguous(ids);
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

    private void getRows() {
        Tensor a = a();
        Tensor rows = b();
        require(
                isFloat(a.type()) || a.type().isQuantized() || a.type() == I32,
                "cannot read rows of %s",
                a.type());
        rowContiguous(a);
        type(rows, I32);
        type(d, a.type() == I32 ? I32 : F32);
        rowContiguous(d);
        require(
                rows.ne(1) == a.ne(2) && rows.ne(2) == a.ne(3) && rows.ne(3) == 1,
                "row numbers are %s for an a of %s",
                rows.shape(),
                a.shape());
        shape(Shape.of(a.ne(0), rows.ne(0), rows.ne(1), rows.ne(2)));
    }

    private void setRows() {
        Tensor values = a();
        Tensor rows = b();
        Tensor target = d.source(2);
        require(values.type() == F32 || values.type() == F16, "values are %s", values.type());
        rowContiguous(values);
        require(rows.type() == I64 || rows.type() == I32, "row numbers are %s", rows.type());
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

    private void concat(int dimension) {
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

    /// The first source of a matrix product: any float or block format.
    private void weights(Tensor a) {
        require(isFloat(a.type()) || a.type().isQuantized(), "a is %s", a.type());
        rowContiguous(a);
    }

    private static boolean isFloat(TensorType type) {
        return type == F32 || type == F16 || type == BF16;
    }

    private void floats(Tensor t) {
        require(isFloat(t.type()), "%s is %s, not a float", t.name(), t.type());
    }

    private void types(TensorType type) {
        type(a(), type);
        type(d, type);
        rowContiguous(a());
        rowContiguous(d);
    }

    private void type(Tensor t, TensorType type) {
        require(t.type() == type, "%s is %s, not %s", t.name(), t.type(), type);
    }

    private void sameType(Tensor t) {
        require(t.type() == d.type(), "%s is %s, d is %s", t.name(), t.type(), d.type());
    }

    private void sameShape(Tensor t) {
        require(t.shape().equals(d.shape()), "%s is %s, d is %s", t.name(), t.shape(), d.shape());
    }

    private void shape(Shape expected) {
        require(d.shape().equals(expected), "d is %s, not %s", d.shape(), expected);
    }

    private void rowContiguous(Tensor t) {
        require(
                t.isRowContiguous() || t.shape().isEmpty() || t.ne(0) == 1,
                "%s has gaps inside its rows",
                t.name());
    }

    private void divides(long divisor, long value, String what) {
        require(
                d.shape().isEmpty() || (divisor > 0 && value % divisor == 0),
                "%d does not divide %d %s",
                divisor,
                value,
                what);
    }

    private void require(boolean holds, String rule, Object... values) {
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
