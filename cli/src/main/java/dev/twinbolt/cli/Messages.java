package dev.twinbolt.cli;

import dev.twinbolt.engine.Printable;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;

/// Standard error, whose text is printable whoever it comes from: a model's name, a file's or a
/// peer's may not control the terminal.
public final class Messages extends PrintStream {
    private final PrintStream raw;

    private Messages(PrintStream raw) {
        super(raw, true, raw.charset());
        this.raw = raw;
    }

    /// Puts a new one in the place of `System.err`.
    static void install() {
        System.setErr(new Messages(System.err));
    }

    /// For what this program itself does with the terminal.
    static PrintStream raw() {
        return System.err instanceof Messages messages ? messages.raw : System.err;
    }

    /// Writes to `System.err`.
    public static PrintWriter writer() {
        Writer writer =
                new Writer() {
                    @Override
                    public void write(char[] text, int offset, int length) {
                        System.err.print(new String(text, offset, length));
                    }

                    @Override
                    public void flush() {
                        System.err.flush();
                    }

                    @Override
                    public void close() {
                        flush();
                    }
                };
        return new PrintWriter(writer, true);
    }

    /// All that prints characters comes through here.
    @Override
    public void print(String text) {
        super.print(Printable.lines(String.valueOf(text)));
    }
}
