package dev.twinbolt.bench;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Op;
import dev.twinbolt.engine.tensor.RopeMode;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// ROPE of the query heads of Llama-3.2-1B.
public class RopeBenchmark extends OpBenchmark {
    private static final int HEADS = 32;
    private static final int HEAD_DIM = 64;

    @Param({"NORMAL", "NEOX"})
    RopeMode mode = RopeMode.NORMAL;

    @Param({"1", "512"})
    int columns;

    @Override
    Tensor add(GraphBuilder builder, long seed) {
        Tensor a = leaf("a", RandomFormat.F32, Shape.of(HEAD_DIM, HEADS, columns), seed);
        Op.Rope rope = new Op.Rope(HEAD_DIM, mode, 0, 500_000, 1, 0, 1, 32, 1, 0);
        return builder.rope("d", rope, a, positions(columns), null);
    }

    @Override
    long readBytes() {
        return 4L * HEAD_DIM * HEADS * columns;
    }

    @Override
    boolean isCold() {
        return false;
    }

    @Benchmark
    public void rope(Rate rate) {
        compute(rate);
    }
}
