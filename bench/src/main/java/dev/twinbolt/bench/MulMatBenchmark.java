package dev.twinbolt.bench;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Shape;
import dev.twinbolt.engine.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// MUL_MAT: weights of any format by some columns of activations. One column is limited by reading
/// the weights, many by the multiply-adds.
public class MulMatBenchmark extends OpBenchmark {
    @Param({
        "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "Q2_K", "Q3_K", "IQ4_NL",
        "IQ4_XS", "MXFP4", "TQ1_0", "TQ2_0", "F16", "BF16", "F32"
    })
    String type = "";

    /// Elements of a row.
    @Param("2048")
    int k;

    @Param("2048")
    int rows;

    @Param({"1", "4", "512"})
    int columns;

    @Override
    Tensor add(GraphBuilder builder, long seed) {
        Tensor a = leaf("a", RandomFormat.valueOf(type), Shape.of(k, rows), seed);
        Tensor b = leaf("b", RandomFormat.F32, Shape.of(k, columns), seed);
        return builder.mulMat("d", a, b);
    }

    @Override
    long readBytes() {
        return RandomFormat.valueOf(type).type().rowBytes((long) k * rows);
    }

    @Override
    boolean isCold() {
        return true;
    }

    @Benchmark
    public void mulMat(Rate rate, Peak peak) {
        boolean isInt8 = RandomFormat.valueOf(type).type().isQuantized();
        compute(rate, peak, 2.0 * k * rows * columns, isInt8);
    }
}
