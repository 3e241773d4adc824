package dev.twinbolt.engine.model;

/// A file is not a model that can be run: another file or another version of Twinbolt is needed.
/// The message names the key or tensor, what was expected and what was found.
public final class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ModelException(String message) {
        super(message);
    }
}
