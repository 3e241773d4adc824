package dev.twinbolt.engine.tensor;

import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Builds a graph node by node, in the order in which it will run. A method has its op's name,
/// works out the result's shape and type, and refuses what [OpRules] refuses.
public final class GraphBuilder {
    private final List<Tensor> nodes = new ArrayList<>();

    /// A tensor that is written before each run.
    public Tensor input(String name, TensorType type, Shape shape) {
        return Tensor.leaf(name, type, shape);
    }

    public Graph build() {
        return new Graph(nodes);
    }

    public Tensor add(String name, Tensor a, Tensor b) {
        return like(name, a, new Op.Add(), a, b);
    }

    public Tensor mul(String name, Tensor a, Tensor b) {
        return like(name, a, new Op.Mul(), a, b);
    }

    public Tensor scale(String name, Tensor a, float scale) {
        return like(name, a, new Op.Scale(scale, 0), a);
    }

    public Tensor rmsNorm(String name, Tensor a, float epsilon) {
        return like(name, a, new Op.RmsNorm(epsilon), a);
    }

    /// gate(a)·b.
    public Tensor glu(String name, GluOp function, Tensor a, Tensor b) {
        return like(name, a, new Op.Glu(function, false, 0, 0), a, b);
    }

    /// `factors` may be null.
    public Tensor rope(
            String name, Op.Rope op, Tensor a, Tensor positions, @Nullable Tensor factors) {
        return like(name, a, op, a, positions, factors);
    }

    public Tensor mulMat(String name, Tensor a, Tensor b) {
        Shape shape = Shape.of(a.ne(1), b.ne(1), b.ne(2), b.ne(3));
        return fresh(name, TensorType.F32, shape, new Op.MulMat(), a, b);
    }

    public Tensor getRows(String name, Tensor a, Tensor rows) {
        Shape shape = Shape.of(a.ne(0), rows.ne(0), rows.ne(1), rows.ne(2));
        TensorType type = a.type() == TensorType.I32 ? TensorType.I32 : TensorType.F32;
        return fresh(name, type, shape, new Op.GetRows(), a, rows);
    }

    /// Writes the rows of `values` into `target` at `rows`; returns the view of the target.
    public Tensor setRows(String name, Tensor target, Tensor values, Tensor rows) {
        return append(
                Tensor.view(
                        name,
                        target.type(),
                        target.shape(),
                        target.strides(),
                        new Op.SetRows(),
                        target.root(),
                        target.viewOffset(),
                        values,
                        rows,
                        target));
    }

    /// `mask` is F16 \[kv, queries\] or null.
    public Tensor flashAttnExt(
            String name, Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, float scale) {
        Shape shape = Shape.of(v.ne(0), q.ne(2), q.ne(1), q.ne(3));
        Op op = new Op.FlashAttnExt(scale, 0, 0);
        return fresh(name, TensorType.F32, shape, op, q, k, v, mask);
    }

    /// `a`, which is contiguous, with another shape.
    public Tensor reshape(String name, Tensor a, Shape shape) {
        if (!a.isContiguous() || a.shape().elementCount() != shape.elementCount()) {
            throw new InvalidGraphException(
                    "RESHAPE %s: %s of shape %s is no contiguous %s"
                            .formatted(name, a.name(), a.shape(), shape));
        }
        Strides strides = Strides.contiguous(a.type(), shape);
        return append(
                Tensor.view(
                        name,
                        a.type(),
                        shape,
                        strides,
                        new Op.Reshape(),
                        a.root(),
                        a.viewOffset(),
                        a));
    }

    /// A window of `shape` and `strides` into `a`, `offset` bytes from its first element.
    public Tensor view(String name, Tensor a, Shape shape, Strides strides, long offset) {
        Tensor view =
                Tensor.view(
                        name,
                        a.type(),
                        shape,
                        strides,
                        new Op.View(),
                        a.root(),
                        a.viewOffset() + offset,
                        a);
        if (offset < 0 || offset + view.spanBytes() > a.spanBytes()) {
            throw new InvalidGraphException(
                    "VIEW %s: %d bytes at offset %d reach outside the %d bytes of %s"
                            .formatted(name, view.spanBytes(), offset, a.spanBytes(), a.name()));
        }
        return append(view);
    }

    /// Dimension `i` of `a` becomes dimension `axes[i]` of the result.
    public Tensor permute(String name, Tensor a, int axis0, int axis1, int axis2, int axis3) {
        int[] axes = {axis0, axis1, axis2, axis3};
        long[] ne = {-1, -1, -1, -1};
        long[] nb = new long[4];
        for (int i = 0; i < 4; i++) {
            if (axes[i] < 0 || axes[i] > 3 || ne[axes[i]] != -1) {
                throw new InvalidGraphException("PERMUTE " + name + ": axes are not 0 to 3 once");
            }
            ne[axes[i]] = a.ne(i);
            nb[axes[i]] = a.nb(i);
        }
        return append(
                Tensor.view(
                        name,
                        a.type(),
                        Shape.of(ne[0], ne[1], ne[2], ne[3]),
                        new Strides(nb[0], nb[1], nb[2], nb[3]),
                        new Op.Permute(axis0, axis1, axis2, axis3),
                        a.root(),
                        a.viewOffset(),
                        a));
    }

    private Tensor like(String name, Tensor a, Op op, @Nullable Tensor... sources) {
        return fresh(name, a.type(), a.shape(), op, sources);
    }

    private Tensor fresh(
            String name, TensorType type, Shape shape, Op op, @Nullable Tensor... sources) {
        Strides strides = Strides.contiguous(type, shape);
        return append(Tensor.node(name, type, shape, strides, op, sources));
    }

    private Tensor append(Tensor node) {
        OpRules.check(node);
        nodes.add(node);
        return node;
    }
}
