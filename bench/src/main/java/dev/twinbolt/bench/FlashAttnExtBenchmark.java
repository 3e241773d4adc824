package dev.twinbolt.bench;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Strides;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.TensorType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// FLASH_ATTN_EXT with the heads of Llama-3.2-1B over a cache whose cells are all visible.
public class FlashAttnExtBenchmark extends OpBenchmark {
    private static final int HEADS = 32;
    private static final int KV_HEADS = 8;
    private static final int HEAD_DIM = 64;

    /// The format of keys and values.
    @Param({"F16", "Q8_0"})
    String type = "";

    @Param("1024")
    int cells;

    @Param({"1", "512"})
    int queries;

    @Override
    Tensor add(GraphBuilder builder, long seed) {
        Tensor q = leaf("q", RandomFormat.F32, Shape.of(HEAD_DIM, queries, HEADS), seed);
        Tensor mask = zeros("mask", TensorType.F16, Shape.of(cells, queries));
        Tensor k = heads(builder, "k", seed);
        Tensor v = heads(builder, "v", seed);
        return builder.flashAttnExt("d", q, k, v, mask, 0.125f);
    }

    /// As the cache has them: the heads of one cell side by side.
    private Tensor heads(GraphBuilder builder, String name, long seed) {
        RandomFormat format = RandomFormat.valueOf(type);
        Tensor cache = leaf(name, format, Shape.of(HEAD_DIM * KV_HEADS, cells), seed);
        long headBytes = format.type().rowBytes(HEAD_DIM);
        Strides strides =
                new Strides(cache.nb(0), headBytes, cache.nb(1), cache.nb(1) * (long) cells);
        Shape shape = Shape.of(HEAD_DIM, KV_HEADS, cells);
        Tensor view = builder.view(name + "-view", cache, shape, strides, 0);
        return builder.permute(name + "-heads", view, 0, 2, 1, 3);
    }

    @Override
    long readBytes() {
        return 2 * RandomFormat.valueOf(type).type().rowBytes((long) HEAD_DIM * KV_HEADS * cells);
    }

    @Override
    boolean isCold() {
        return true;
    }

    @Benchmark
    public void flashAttnExt(Rate rate, Peak peak) {
        compute(rate, peak, 4.0 * HEAD_DIM * HEADS * cells * queries, false);
    }
}
