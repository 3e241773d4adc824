package dev.twinbolt.cli;

/// The command line asks for what cannot be: mend it.
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
