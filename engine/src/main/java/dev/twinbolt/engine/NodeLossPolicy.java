package dev.twinbolt.engine;

/// What to do when a node is lost. Whatever is done, the text that goes on is the one that would
/// have come without the loss, where all stages compute with kernels to which the number of columns
/// makes no difference, as ours do.
public enum NodeLossPolicy {
    /// What is being generated fails with [dev.twinbolt.engine.device.DeviceException.Lost].
    FAIL,

    /// Conversations wait until the node answers again. Then its layers are loaded there once more,
    /// the tokens so far are computed again, and all goes on.
    WAIT,

    /// The node's layers go to the devices that are left, if they fit there; the tokens so far are
    /// computed again, and all goes on.
    REPLAN
}
