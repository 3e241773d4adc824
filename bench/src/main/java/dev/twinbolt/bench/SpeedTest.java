package dev.twinbolt.bench;

import dev.twinbolt.engine.pipeline.CacheTypes;
import java.nio.file.Path;
import java.util.List;

/// One row of the table: what is fed to which engine.
///
/// @param depth tokens in the context before the clock starts
/// @param promptTokens fed in passes of up to the micro-batch
/// @param generatedTokens fed one by one after them
record SpeedTest(Setup setup, int depth, int promptTokens, int generatedTokens) {
    /// What an engine is loaded with; tests of one setup share an engine.
    ///
    /// @param cluster the other machines
    /// @param cacheTypes of K and V
    /// @param threads of the CPU device
    /// @param tensorSplit shares of the layers; empty where the prediction decides
    /// @param conversations that are fed at once, each by itself
    record Setup(
            Path model,
            Cluster.Shape cluster,
            List<Double> tensorSplit,
            int microBatch,
            CacheTypes cacheTypes,
            int threads,
            int conversations) {}

    /// Tokens that the clock sees, of all conversations.
    int tokens() {
        return (promptTokens + generatedTokens) * setup.conversations();
    }

    /// Of each conversation.
    int contextLength() {
        return depth + promptTokens + generatedTokens;
    }

    /// Such as `pp512`, `tg64`, `pp512+tg64`, `tg64 @ d1024`, `tg64 x4`.
    String name() {
        StringBuilder name = new StringBuilder();
        if (promptTokens > 0) {
            name.append("pp").append(promptTokens);
        }
        if (generatedTokens > 0) {
            name.append(name.isEmpty() ? "tg" : "+tg").append(generatedTokens);
        }
        if (depth > 0) {
            name.append(" @ d").append(depth);
        }
        if (setup.conversations() > 1) {
            name.append(" x").append(setup.conversations());
        }
        return name.toString();
    }
}
