package dev.twinbolt.bench;

import dev.twinbolt.engine.tensor.GluOp;
import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// GLU of the two halves of a feed-forward network.
public class GluBenchmark extends OpBenchmark {
    @Param({"SWIGLU", "GEGLU"})
    GluOp function = GluOp.SWIGLU;

    @Param("8192")
    int ff;

    @Param({"1", "512"})
    int columns;

    @Override
    Tensor add(GraphBuilder builder, long seed) {
        Tensor gate = leaf("gate", RandomFormat.F32, Shape.of(ff, columns), seed);
        Tensor up = leaf("up", RandomFormat.F32, Shape.of(ff, columns), seed);
        return builder.glu("d", function, gate, up);
    }

    @Override
    long readBytes() {
        return 2 * 4L * ff * columns;
    }

    @Override
    boolean isCold() {
        return false;
    }

    @Benchmark
    public void glu(Rate rate) {
        compute(rate);
    }
}
