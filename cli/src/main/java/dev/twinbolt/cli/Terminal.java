package dev.twinbolt.cli;

import java.io.Console;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/// Whether a person is watching, and how to write to them.
final class Terminal {
    /// Whether standard error stands in the middle of a line.
    private static boolean isUnfinished;

    private Terminal() {}

    /// Writes to standard error what is no whole line yet.
    static synchronized void showUnfinished(String text) {
        Messages.raw().print(text);
        isUnfinished = true;
    }

    /// Lets what follows on standard error begin a line of its own.
    static synchronized void finishLine() {
        if (isUnfinished) {
            System.err.println();
        }
        isUnfinished = false;
    }

    /// Whether standard input and output are both a terminal.
    @SuppressWarnings("SystemConsoleNull") // it is null where the JDK lacks jdk.internal.le
    static boolean isPresent() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /// Whether standard error is a terminal, as the launcher found it; on Windows, where it does
    /// not look, whether the others are.
    static boolean showsErrors() {
        return columns() > 0 || isWindows() && isPresent();
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

    /// How wide standard output is, where it is the terminal of standard error; 0 elsewhere.
    static int outputColumns() {
        return rows() == 0 ? 0 : columns();
    }

    /// `text` with every line that is not shorter than `columns` broken between words; what follows
    /// stands two columns further in. 0 is as wide as it takes.
    static String fold(String text, int columns) {
        if (columns == 0) {
            return text;
        }
        StringBuilder folded = new StringBuilder();
        text.lines().forEach(line -> appendFolded(folded, line, columns));
        return folded.toString();
    }

    private static void appendFolded(StringBuilder folded, String line, int columns) {
        int indent = line.length() - line.stripLeading().length();
        String margin = " ".repeat(indent + 2);
        String rest = line;
        while (rest.length() >= columns) {
            int end = rest.lastIndexOf(' ', columns - 1);
            if (end < indent) { // a word that is too long has a line of its own
                end = rest.indexOf(' ', indent);
            }
            if (end < 0) {
                break;
            }
            folded.append(rest, 0, end).append(System.lineSeparator());
            rest = margin + rest.substring(end).stripLeading();
            indent = margin.length();
        }
        folded.append(rest).append(System.lineSeparator());
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }
}
