package dev.twinbolt.cli;

/// How the programs end. The table for users is in `docs/cli.md`.
public enum ExitCode {
    OK(0),
    INTERNAL(1),
    USAGE(2),
    MODEL(3),
    DEVICE(4),
    MEMORY(5),
    ADDRESS(6),
    CONTEXT(7),
    OUTPUT(8),
    NODES(9),
    SESSION(10),
    INTERRUPTED(130);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
