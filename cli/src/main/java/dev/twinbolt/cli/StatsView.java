package dev.twinbolt.cli;

import dev.twinbolt.engine.Printable;
import dev.twinbolt.engine.pipeline.PassStats;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// The live view of `--stats` on stderr. Where the text goes elsewhere, it is a line that is
/// written over. Where the text is on the same terminal, it is the bottom row, and the text scrolls
/// above. Where nobody watches, it is a line a second.
final class StatsView implements Consumer<PassStats>, AutoCloseable {
    private static final long WATCHED_NANOS = 250_000_000;
    private static final long UNWATCHED_NANOS = 1_000_000_000;

    private static final String ESC = "\033";
    private static final String SAVE = ESC + "7";
    private static final String RESTORE = ESC + "8";
    private static final String CLEAR_LINE = ESC + "[K";
    private static final String DOWN = ESC + "D"; // scrolls where it must
    private static final String UP = ESC + "[1A";

    /// Where the text and this view stand.
    enum Place {
        ONE_TERMINAL,
        TERMINAL,
        ELSEWHERE
    }

    private final Place place;
    private final int columns;
    private final int rows;
    private final LongSupplier nanoTime;
    private final Consumer<String> out;
    private final Thread onExit = new Thread(this::restore);
    private StatsWindow window = new StatsWindow();
    private long sinceNanos;
    private boolean isShown;

    StatsView(Place place, int columns, int rows, LongSupplier nanoTime, Consumer<String> out) {
        this.place = place;
        this.columns = columns;
        this.rows = rows;
        this.nanoTime = nanoTime;
        this.out = out;
        this.sinceNanos = nanoTime.getAsLong();
    }

    static StatsView start() {
        int columns = Terminal.columns();
        int rows = Terminal.rows();
        Place place = columns == 0 ? Place.ELSEWHERE : Place.TERMINAL;
        if (rows > 0) {
            place = Place.ONE_TERMINAL;
        }
        return new StatsView(place, columns, rows, System::nanoTime, Messages.raw()::print);
    }

    @Override
    public synchronized void accept(PassStats pass) {
        window.add(pass);
        long nanos = nanoTime.getAsLong() - sinceNanos;
        if (nanos >= (place == Place.ELSEWHERE ? UNWATCHED_NANOS : WATCHED_NANOS)) {
            show(window.line(nanos));
            window = new StatsWindow();
            sinceNanos += nanos;
        }
    }

    private void show(String text) {
        String line = Printable.line(text);
        String shown =
                columns > 0 && line.length() >= columns ? line.substring(0, columns - 1) : line;
        switch (place) {
            case ONE_TERMINAL -> out.accept((isShown ? "" : reserve()) + row(shown));
            case TERMINAL -> out.accept("\r" + shown + CLEAR_LINE);
            case ELSEWHERE -> out.accept(shown + System.lineSeparator());
        }
        isShown = true;
    }

    /// Takes the bottom row off what scrolls; where the cursor is in it, the text moves up first.
    private String reserve() {
        Runtime.getRuntime().addShutdownHook(onExit);
        return DOWN + SAVE + ESC + "[1;" + (rows - 1) + "r" + RESTORE + UP;
    }

    private String row(String text) {
        return SAVE + ESC + "[" + rows + ";1H" + text + CLEAR_LINE + RESTORE;
    }

    private synchronized void restore() {
        if (isShown && place == Place.ONE_TERMINAL) {
            isShown = false;
            out.accept(row("") + SAVE + ESC + "[r" + RESTORE);
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            // the program is ending, and the hook finds nothing to do
        }
    }
}
