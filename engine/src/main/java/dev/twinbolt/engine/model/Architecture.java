package dev.twinbolt.engine.model;

import dev.twinbolt.engine.tensor.GraphBuilder;
import dev.twinbolt.engine.tensor.Tensor;
import dev.twinbolt.gguf.Metadata;
import java.util.List;

/// How a family of models computes: which weights it has and what graph they form. One file per
/// `general.architecture`; a graph is built for a range of layers and knows no device.
public sealed interface Architecture permits Llama {
    /// Reads the architecture that `metadata` names.
    static Architecture of(Metadata metadata) {
        String name = metadata.string("general.architecture");
        return switch (name) {
            case "llama" -> Llama.of(metadata);
            default ->
                    throw new ModelException(
                            "general.architecture is '%s'; this version runs: llama"
                                    .formatted(name));
        };
    }

    int layerCount();

    /// Elements of one token's activations between layers.
    int dim();

    int vocabSize();

    /// The context length that the model was trained for, in tokens.
    int contextLength();

    /// Elements of K of one head; [#headDimV()] of V.
    int headDimK();

    int headDimV();

    /// Elements of K that one layer caches per token.
    int kvDimK();

    /// Elements of V that one layer caches per token.
    int kvDimV();

    /// The weights that the token embedding reads.
    List<WeightSpec> embeddingWeights();

    /// The weights of layer `layer`, full names.
    List<WeightSpec> layerWeights(int layer);

    /// Weights that every stage with layers needs, such as shared frequency factors.
    List<WeightSpec> sharedWeights();

    /// The weights of the output head. Where `isTied`, the token embedding serves as the output
    /// matrix.
    List<WeightSpec> headWeights(boolean isTied);

    /// `tokens` I32 \[n\] to activations F32 \[dim, n\].
    Tensor embed(GraphBuilder g, Weights w, Tensor tokens);

    /// Layer `layer` over activations `x` F32 \[dim, n\].
    Tensor layer(
            GraphBuilder g,
            Weights w,
            int layer,
            Tensor x,
            AttentionInputs inputs,
            LayerCache cache);

    /// Activations F32 \[dim, n\] to logits F32 \[vocabulary, n\].
    Tensor head(GraphBuilder g, Weights w, Tensor x);
}
