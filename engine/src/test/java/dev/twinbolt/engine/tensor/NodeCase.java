package dev.twinbolt.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.gguf.TensorType;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A node and the rule that it breaks; none where it is accepted. Each is made of one that is
/// accepted by changing one thing, so that no other rule refuses it.
final class NodeCase {
    private final Op op;
    private final Tensor d;
    private final @Nullable Tensor[] sources;
    private final String rule;

    private NodeCase(Op op, Tensor d, @Nullable Tensor[] sources, String rule) {
        this.op = op;
        this.d = d;
        this.sources = sources;
        this.rule = rule;
    }

    /// `op` whose result is laid out as `d`, in the same memory where that is a view.
    static NodeCase accepted(Op op, Tensor d, @Nullable Tensor... sources) {
        return new NodeCase(op, d, sources, "");
    }

    NodeCase op(Op changed) {
        return new NodeCase(changed, d, sources, rule);
    }

    NodeCase result(Tensor changed) {
        return new NodeCase(op, changed, sources, rule);
    }

    NodeCase source(int i, @Nullable Tensor changed) {
        @Nullable Tensor[] all = sources.clone();
        all[i] = changed;
        return new NodeCase(op, d, all, rule);
    }

    /// `rule` is the refusal's text after the op and the result.
    NodeCase breaks(String rule) {
        return new NodeCase(op, d, sources, rule);
    }

    /// What breaks each rule of an op from rows of F32 to rows of F32.
    Stream<NodeCase> breakingFloatRows() {
        Tensor a = node().source(0);
        return Stream.of(
                source(0, retyped(TensorType.F16, a)).breaks(a.name() + " is F16, not F32"),
                result(retyped(TensorType.F16, d)).breaks("d is F16, not F32"),
                source(0, gapped(a)).breaks(a.name() + " has gaps inside its rows"),
                result(gapped(d)).breaks("d has gaps inside its rows"));
    }

    void check() {
        Tensor node = node();
        if (rule.isEmpty()) {
            assertDoesNotThrow(() -> OpRules.check(node));
        } else {
            InvalidGraphException e =
                    assertThrows(InvalidGraphException.class, () -> OpRules.check(node));
            assertEquals(op.name() + " d: " + rule, e.getMessage());
        }
    }

    private Tensor node() {
        Tensor root = d.viewSource();
        return root == null
                ? Tensor.node("d", d.type(), d.shape(), d.strides(), op, sources)
                : Tensor.view(
                        "d", d.type(), d.shape(), d.strides(), op, root, d.viewOffset(), sources);
    }

    @Override
    public String toString() {
        return op.name() + (rule.isEmpty() ? " is accepted" : ": " + rule);
    }

    static Tensor f32(String name, long... ne) {
        return leaf(name, TensorType.F32, ne);
    }

    static Tensor leaf(String name, TensorType type, long... ne) {
        return Tensor.leaf(name, type, shape(ne));
    }

    /// A leaf of other strides than contiguous ones.
    static Tensor leaf(String name, TensorType type, Strides strides, long... ne) {
        return Tensor.node(name, type, shape(ne), strides, new Op.None());
    }

    /// The bytes of `root` from `offset` on as a contiguous tensor.
    static Tensor window(String name, Tensor root, long offset, TensorType type, long... ne) {
        Strides strides = Strides.contiguous(type, shape(ne));
        return Tensor.view(name, type, shape(ne), strides, new Op.View(), root, offset, root);
    }

    static Tensor retyped(TensorType type, Tensor t) {
        return Tensor.leaf(t.name(), type, t.shape());
    }

    /// `t` with every second element left out.
    static Tensor gapped(Tensor t) {
        Strides nb = t.strides();
        return strided(t, new Strides(2 * nb.nb0(), 2 * nb.nb1(), 2 * nb.nb2(), 2 * nb.nb3()));
    }

    /// `t` with every second row left out.
    static Tensor apart(Tensor t) {
        Strides nb = t.strides();
        return strided(t, new Strides(nb.nb0(), 2 * nb.nb1(), 2 * nb.nb2(), 2 * nb.nb3()));
    }

    private static Tensor strided(Tensor t, Strides strides) {
        return Tensor.node(t.name(), t.type(), t.shape(), strides, new Op.None());
    }

    private static Shape shape(long... ne) {
        long[] all = Arrays.copyOf(ne, 4);
        Arrays.fill(all, ne.length, 4, 1);
        return new Shape(all[0], all[1], all[2], all[3]);
    }
}
