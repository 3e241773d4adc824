package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.F16;
import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What holds of the ops of attention.
final class AttentionRules extends NodeRules {
    /// More dimensions than any real rope has, and few enough that tables stay small.
    private static final int MAX_ROPE_DIMS = 1 << 16;

    AttentionRules(Tensor d) {
        super(d);
    }

    void softMax() {
        Tensor a = a();
        sameShape(a);
        types(F32);
        mask(d.optionalSource(1), a.ne(0), a.ne(1), a.ne(2), a.ne(3), false);
        sinks(d.optionalSource(2), a.ne(2));
    }

    void flashAttention() {
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
            vector(sinks, F32);
            require(sinks.ne(0) == heads, "has %d sinks for %d heads", sinks.ne(0), heads);
        }
    }

    void rope(Op.Rope op) {
        Tensor a = a();
        Tensor positions = b();
        sameShape(a);
        sameType(a);
        require(a.type() == F32 || a.type() == F16, "works on F32 and F16, a is %s", a.type());
        rowContiguous(a);
        rowContiguous(d);
        vector(positions, I32);
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
            vector(factors, F32);
            require(
                    factors.ne(0) >= op.dims() / 2,
                    "has %d frequency factors for %d pairs",
                    factors.ne(0),
                    op.dims() / 2);
        }
    }
}
