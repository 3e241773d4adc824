package dev.twinbolt.engine.tensor;

import static dev.twinbolt.gguf.TensorType.F32;
import static dev.twinbolt.gguf.TensorType.I32;

/// The rules of shapes, types and parameters that every op keeps. The builder checks what it builds
/// and the node what it is sent, with this one text, so a kernel may trust what it gets. Row and
/// expert numbers are data: the kernels check those. Source of the rules: ggml `ggml.c` and
/// `ggml-cpu/ops.cpp`.
public final class OpRules extends NodeRules {
    private OpRules(Tensor d) {
        super(d);
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
            case Op.Reshape(), Op.View(), Op.Permute(_, _, _, _), Op.Transpose() ->
                    new CopyRules(d).namesMemory();
            case Op.Dup(), Op.Cont(), Op.Cpy() -> new CopyRules(d).copies();
            case Op.Add(), Op.Sub(), Op.Mul(), Op.Div() -> new ElementRules(d).elementwise();
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
            case Op.Glu(_, _, _, _) -> new ElementRules(d).glu();
            case Op.RmsNorm(float epsilon) -> {
                require(epsilon >= 0, "epsilon %s is negative", epsilon);
                sameShape(a());
                types(F32);
            }
            case Op.SoftMax(_, _) -> new AttentionRules(d).softMax();
            case Op.FlashAttnExt(_, _, _) -> new AttentionRules(d).flashAttention();
            case Op.Rope rope -> new AttentionRules(d).rope(rope);
            case Op.MulMat() -> new MatrixRules(d).mulMat();
            case Op.MulMatId() -> new MatrixRules(d).mulMatId();
            case Op.GetRows() -> new CopyRules(d).getRows();
            case Op.SetRows() -> new CopyRules(d).setRows();
            case Op.Concat(int dimension) -> new CopyRules(d).concat(dimension);
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
}
