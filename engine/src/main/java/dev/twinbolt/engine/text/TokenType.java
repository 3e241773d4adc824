package dev.twinbolt.engine.text;

/// What a token is, as `tokenizer.ggml.token_type` numbers it (the ordinal is the number in the
/// file).
public enum TokenType {
    UNDEFINED,
    /// Plain text.
    NORMAL,
    /// Stands for text that the vocabulary cannot write.
    UNKNOWN,
    /// Marks structure (begin of text, end of turn); has no text of its own and is never read out
    /// of a user's text.
    CONTROL,
    /// Taken out of a text as it stands, before anything is split or merged.
    USER_DEFINED,
    UNUSED,
    /// One raw byte, spelled `<0xNN>`.
    BYTE;

    private static final TokenType[] BY_ID = values();

    static TokenType byId(int id, int token) {
        if (id < 0 || id >= BY_ID.length) {
            throw new TokenizerException(
                    "token "
                            + token
                            + " has type "
                            + id
                            + "; tokenizer.ggml.token_type knows 0 to "
                            + (BY_ID.length - 1)
                            + ", so the file is damaged or newer than this program");
        }
        return BY_ID[id];
    }

    /// Whether typed text may become this token. Marks, the unknown token and raw bytes are put
    /// there by programs only.
    boolean isWrittenInText() {
        return this != CONTROL && this != UNKNOWN && this != BYTE;
    }
}
