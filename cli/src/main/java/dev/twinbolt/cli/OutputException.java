package dev.twinbolt.cli;

/// A file cannot be written: make room, or name another place.
final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OutputException(String message, Throwable cause) {
        super(message, cause);
    }
}
