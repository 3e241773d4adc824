package dev.twinbolt.engine.tensor;

/// A tensor or graph breaks a rule: the caller has to mend the graph. The message names the op, the
/// tensor, the rule and the actual value.
public final class InvalidGraphException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public InvalidGraphException(String message) {
        super(message);
    }
}
