package dev.twinbolt.gguf;

/// A file is not the GGUF it claims to be, cannot be read, or lacks what was asked of it. Mend or
/// replace the file.
public class GgufException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long offset;

    /// `offset` is the byte of the file that is wrong; -1 where no single byte is.
    public GgufException(String message, long offset) {
        super(message);
        this.offset = offset;
    }

    public GgufException(String message, Throwable cause) {
        super(message, cause);
        this.offset = -1;
    }

    /// The byte of the file at which it is wrong; -1 where no single byte is.
    public long offset() {
        return offset;
    }
}
