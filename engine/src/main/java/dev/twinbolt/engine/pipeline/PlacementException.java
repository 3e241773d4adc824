package dev.twinbolt.engine.pipeline;

/// A model cannot be laid out as asked: ask for a shorter context, another split or more devices.
public final class PlacementException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public PlacementException(String message) {
        super(message);
    }
}
