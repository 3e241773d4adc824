package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.Tensor;

/// CONCAT: a, then b, along one dimension.
final class ConcatCpu {
    private ConcatCpu() {}

    static void compute(Tensor d, int dimension) {
        TensorData out = new TensorData(d);
        long[] first = {0, 0, 0, 0};
        for (int s = 0; s < 2; s++) {
            Tensor tensor = d.source(s);
            TensorData source = new TensorData(tensor);
            for (long i3 = 0; i3 < tensor.ne(3); i3++) {
                for (long i2 = 0; i2 < tensor.ne(2); i2++) {
                    for (long i1 = 0; i1 < tensor.ne(1); i1++) {
                        Elements.copyRow(
                                source,
                                i1,
                                i2,
                                i3,
                                out,
                                first[0],
                                first[1] + i1,
                                first[2] + i2,
                                first[3] + i3);
                    }
                }
            }
            first[dimension] = tensor.ne(dimension);
        }
    }
}
