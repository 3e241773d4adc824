package dev.twinbolt.engine.sampling;

/// Logits from which no token can be chosen; they come from damaged weights or a defect, so
/// sampling again does not help.
public class SamplingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SamplingException(String message) {
        super(message);
    }
}
