package dev.twinbolt.engine.pipeline;

import java.util.List;

/// What a caller asks of placement.
///
/// @param tensorSplit shares of the layers by device, in device order, missing ones 0; empty to let
///   speed decide, or free memory where a speed is unknown
/// @param maxOffloadedLayers the most layers that may leave the host's CPU
/// @param requiredNodes how many nodes have to get layers
public record PlacementRequest(
        List<Double> tensorSplit, int maxOffloadedLayers, int requiredNodes) {
    public PlacementRequest {
        tensorSplit = List.copyOf(tensorSplit);
        if (maxOffloadedLayers < 0) {
            throw new IllegalArgumentException(
                    "layers to offload: expected 0 or more, got " + maxOffloadedLayers);
        }
        if (requiredNodes < 0) {
            throw new IllegalArgumentException(
                    "required nodes: expected 0 or more, got " + requiredNodes);
        }
        double sum = 0;
        for (double share : tensorSplit) {
            if (!(share >= 0) || Double.isInfinite(share)) {
                throw new IllegalArgumentException(
                        "tensor split: expected shares >= 0, got " + share);
            }
            sum += share;
        }
        if (!tensorSplit.isEmpty() && sum == 0) {
            throw new IllegalArgumentException("tensor split: all shares are 0");
        }
    }

    /// Requires no nodes.
    public PlacementRequest(List<Double> tensorSplit, int maxOffloadedLayers) {
        this(tensorSplit, maxOffloadedLayers, 0);
    }
}
