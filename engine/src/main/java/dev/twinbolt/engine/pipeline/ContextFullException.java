package dev.twinbolt.engine.pipeline;

/// The tokens do not fit into what is left of the context: ask for a longer context or fewer
/// tokens.
public final class ContextFullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ContextFullException(int contextLength, int used, int asked) {
        super(
                "the context holds %d token%s, %d are used and %d more were asked for; use a longer context (-c) or a shorter prompt"
                        .formatted(contextLength, contextLength == 1 ? "" : "s", used, asked));
    }
}
