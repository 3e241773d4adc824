package dev.twinbolt.cli;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/// Ctrl-C: the first one asks, the second one ends the program.
final class Interrupts implements AutoCloseable {
    private final Runnable onFirst;
    private final SignalHandler before;
    private volatile boolean isInterrupted;

    Interrupts(Runnable onFirst) {
        this.onFirst = onFirst;
        this.before = Signal.handle(new Signal("INT"), _ -> interrupt());
    }

    private void interrupt() {
        if (isInterrupted) {
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
        }
        isInterrupted = true;
        onFirst.run();
    }

    boolean isInterrupted() {
        return isInterrupted;
    }

    @Override
    public void close() {
        Signal.handle(new Signal("INT"), before);
    }
}
