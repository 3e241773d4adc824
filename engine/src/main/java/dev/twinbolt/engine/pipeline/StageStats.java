package dev.twinbolt.engine.pipeline;

/// What one stage did for a conversation.
///
/// @param forwardPasses how often it computed
/// @param computedNanos from handing it an input, or where its device was still busy with another
///   pass, from the end of that, to having its output, link included
/// @param waitedNanos the rest of the conversation's computing time: others were at work
public record StageStats(
        String device,
        StageRange range,
        long forwardPasses,
        long computedNanos,
        long waitedNanos) {}
