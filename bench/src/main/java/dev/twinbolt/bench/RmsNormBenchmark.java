package dev.twinbolt.bench;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// RMS_NORM of activations.
public class RmsNormBenchmark extends OpBenchmark {
    @Param("2048")
    int dim;

    @Param({"1", "512"})
    int columns;

    @Override
    Tensor add(GraphBuilder builder, long seed) {
        Tensor a = leaf("a", RandomFormat.F32, Shape.of(dim, columns), seed);
        return builder.rmsNorm("d", a, 1e-5f);
    }

    @Override
    long readBytes() {
        return 4L * dim * columns;
    }

    @Override
    boolean isCold() {
        return false;
    }

    @Benchmark
    public void rmsNorm(Rate rate) {
        compute(rate);
    }
}
