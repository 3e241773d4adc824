package dev.twinbolt.engine.pipeline;

/// What a pipeline is made for.
///
/// @param contextLength tokens that one conversation may hold
/// @param microBatch the most tokens of one pass
/// @param conversations how many may be open at once
/// @param cacheTypes how K and V of their tokens are stored
public record Capacity(
        int contextLength, int microBatch, int conversations, CacheTypes cacheTypes) {
    public Capacity {
        if (contextLength < 1 || microBatch < 1 || conversations < 1) {
            throw new IllegalArgumentException(
                    "context %d, micro-batch %d and conversations %d have to be at least 1"
                            .formatted(contextLength, microBatch, conversations));
        }
    }

    /// With [CacheTypes#DEFAULT].
    public Capacity(int contextLength, int microBatch, int conversations) {
        this(contextLength, microBatch, conversations, CacheTypes.DEFAULT);
    }
}
