package dev.twinbolt.engine.pipeline;

import dev.twinbolt.gguf.TensorInfo;
import java.util.Collection;

/// What one token uses of some weights. Of the experts of a mixture it uses a few: tensors with
/// `_exps` in their names count by that share.
///
/// @param bytes that are read
/// @param parameters that are multiplied; those of vectors are too few to count
record ActiveWeights(double bytes, double parameters) {
    private static final String EXPERTS = "_exps";

    static ActiveWeights of(Collection<TensorInfo> tensors, double expertShare) {
        double bytes = 0;
        double parameters = 0;
        for (TensorInfo tensor : tensors) {
            double share = tensor.name().contains(EXPERTS) ? expertShare : 1;
            double count = (double) tensor.ne(0) * tensor.ne(1) * tensor.ne(2) * tensor.ne(3);
            bytes += share * tensor.sizeBytes();
            parameters += tensor.ne(1) == 1 ? 0 : share * count;
        }
        return new ActiveWeights(bytes, parameters);
    }
}
