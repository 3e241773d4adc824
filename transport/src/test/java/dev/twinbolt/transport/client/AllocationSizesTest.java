package dev.twinbolt.transport.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AllocationSizesTest {
    private final GraphBuilder g = new GraphBuilder();

    private Tensor attention(int cells) {
        Tensor q = g.input("q", TensorType.F32, Shape.of(16, 1, 4));
        Tensor k = g.input("k", TensorType.F16, Shape.of(16, cells, 4));
        Tensor v = g.input("v", TensorType.F16, Shape.of(16, cells, 4));
        return g.flashAttnExt("attended", q, k, v, null, 1);
    }

    /// Attention's memory depends on how many cells it looks at, which its result does not show.
    @Test
    void asksOnceForEachKindOfSources() {
        List<Long> asked = new ArrayList<>();
        AllocationSizes sizes =
                new AllocationSizes(
                        tensor -> {
                            asked.add(tensor.source(1).ne(1));
                            return 1000 + tensor.source(1).ne(1);
                        });
        assertEquals(1256, sizes.of(attention(256)));
        assertEquals(1512, sizes.of(attention(512)));
        assertEquals(1256, sizes.of(attention(256)));
        assertEquals(List.of(256L, 512L), asked);
    }
}
