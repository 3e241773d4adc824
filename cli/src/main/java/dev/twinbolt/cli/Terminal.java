package dev.twinbolt.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/// Whether a person is watching, and how to write to them.
final class Terminal {
    private Terminal() {}

    /// Whether standard input and output are both a terminal.
    static boolean isPresent() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /// Standard output in UTF-8; in the console's own charset on a terminal, which on Windows may
    /// be another.
    static PrintStream output() {
        Charset charset =
                isPresent() && isWindows() ? System.out.charset() : StandardCharsets.UTF_8;
        return new PrintStream(new FileOutputStream(FileDescriptor.out), false, charset);
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }
}
