package dev.twinbolt.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Standard output, which remembers why it could not be written; a [PrintStream] knows only that.
final class Output extends OutputStream {
    private static final int FILE_TYPE = 0xF000;
    private static final int FIFO = 0x1000;

    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private @Nullable IOException failure;

    /// Puts a new one behind `System.out`.
    static Output install() {
        Output output = new Output();
        System.setOut(new PrintStream(output, false, Terminal.charset()));
        return output;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        }
    }

    /// Why something was not written. A reader that has closed its pipe, as `head` does, wanted no
    /// more: that is no failure.
    Optional<String> failure() {
        if (failure == null || isPipe()) {
            return Optional.empty();
        }
        String reason = String.valueOf(failure.getMessage());
        return reason.toLowerCase(Locale.ROOT).contains("pipe")
                ? Optional.empty()
                : Optional.of(reason);
    }

    /// Asked of the descriptor, as the reason is said in the user's language. Windows cannot tell.
    private static boolean isPipe() {
        try {
            Object mode = Files.getAttribute(Path.of("/dev/fd/1"), "unix:mode");
            return mode instanceof Integer bits && (bits & FILE_TYPE) == FIFO;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
