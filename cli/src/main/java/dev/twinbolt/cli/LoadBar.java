package dev.twinbolt.cli;

import dev.twinbolt.engine.pipeline.LoadProgress;

/// A line on stderr that fills while weights are loaded. Where it might be wider than the terminal
/// it is a bare percentage, as a line that wraps cannot be written over.
final class LoadBar implements LoadProgress {
    private static final int WIDEST = 40;
    private static final int NARROWEST = 10;

    /// What stands around the bar, and the last column, which some terminals leave empty.
    private static final int AROUND = "loading [] 100 %".length() + 1;

    private final int width;
    private int shown = -1;

    /// For a terminal of so many columns, 0 where it is not known.
    LoadBar(int columns) {
        width = Math.min(WIDEST, columns - AROUND);
    }

    @Override
    public void loaded(long doneBytes, long totalBytes) {
        int percent = totalBytes == 0 ? 100 : (int) (100 * (double) doneBytes / totalBytes);
        if (percent == shown) {
            return;
        }
        shown = percent;
        Messages.raw().print("\r" + line(percent));
        if (percent == 100) {
            System.err.println();
        }
    }

    String line(int percent) {
        if (width < NARROWEST) {
            return "loading %3d %%".formatted(percent);
        }
        int filled = width * percent / 100;
        return "loading [%s%s] %3d %%"
                .formatted("#".repeat(filled), " ".repeat(width - filled), percent);
    }
}
