package dev.twinbolt.engine.text;

/// A vocabulary that cannot be used, or an id that it does not have: the input must be fixed,
/// nothing here can be retried.
public class TokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TokenizerException(String message) {
        super(message);
    }
}
