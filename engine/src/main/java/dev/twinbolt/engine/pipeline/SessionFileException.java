package dev.twinbolt.engine.pipeline;

/// The file of a saved session is damaged, or what it holds is of another model, of another kind of
/// KV cache or longer than the context. Without the file everything is computed anew.
public final class SessionFileException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SessionFileException(String message) {
        super(message);
    }

    public SessionFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
