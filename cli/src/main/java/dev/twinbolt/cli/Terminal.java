package dev.twinbolt.cli;

import java.io.Console;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/// Whether a person is watching, and how to write to them.
final class Terminal {
    private Terminal() {}

    /// Whether standard input and output are both a terminal.
    @SuppressWarnings("SystemConsoleNull") // it is null where the JDK lacks jdk.internal.le
    static boolean isPresent() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /// UTF-8; on a terminal the console's own charset, which on Windows may be another.
    static Charset charset() {
        return isPresent() && isWindows() ? System.out.charset() : StandardCharsets.UTF_8;
    }

    /// How wide standard error is, as the launcher found it; 0 where nobody knows.
    static int columns() {
        return Math.max(0, Integer.getInteger("twinbolt.columns", 0));
    }

    /// How many rows the terminal has that standard output and error share, as the launcher found
    /// it; 0 where they share none or nobody knows.
    static int rows() {
        return Math.max(0, Integer.getInteger("twinbolt.rows", 0));
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }
}
