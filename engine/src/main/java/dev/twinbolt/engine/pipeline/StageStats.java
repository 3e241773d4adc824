package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Traffic;

/// What one stage did for a conversation, or in one forward pass.
///
/// @param forwardPasses how often it computed
/// @param computedNanos from handing it an input, or where its device was still busy with another
///   pass, from the end of that, to having its output, link included
/// @param linkNanos what of that its link is reckoned to take, by the round trip and throughput
///   that were measured and by the traffic; 0 for a device in this machine
/// @param waitedNanos the rest of the conversation's or the pass's time: others were at work
/// @param traffic of its device in these passes
public record StageStats(
        String device,
        StageRange range,
        long forwardPasses,
        long computedNanos,
        long linkNanos,
        long waitedNanos,
        Traffic traffic) {}
