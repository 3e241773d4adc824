package dev.twinbolt.engine.pipeline;

/// The part of a model that one stage computes.
///
/// @param embeds whether it turns tokens into activations
/// @param firstLayer its first layer; `endLayer` is one past its last
/// @param hasHead whether it turns activations into logits
public record StageRange(boolean embeds, int firstLayer, int endLayer, boolean hasHead) {
    public StageRange {
        if (firstLayer < 0 || endLayer < firstLayer) {
            throw new IllegalArgumentException(
                    "layers %d to %d are no range".formatted(firstLayer, endLayer));
        }
    }

    public int layerCount() {
        return endLayer - firstLayer;
    }

    /// Such as `embedding, layers 0-7, head`.
    public String describe() {
        StringBuilder text = new StringBuilder();
        if (embeds) {
            text.append("embedding, ");
        }
        if (layerCount() == 1) {
            text.append("layer ").append(firstLayer).append(", ");
        } else if (layerCount() > 1) {
            text.append("layers %d-%d, ".formatted(firstLayer, endLayer - 1));
        }
        if (hasHead) {
            text.append("head, ");
        }
        return text.isEmpty() ? "nothing" : text.substring(0, text.length() - 2);
    }
}
