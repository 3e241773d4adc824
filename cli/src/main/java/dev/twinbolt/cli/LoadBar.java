package dev.twinbolt.cli;

import dev.twinbolt.engine.pipeline.LoadProgress;

/// A line on stderr that fills while weights are loaded.
final class LoadBar implements LoadProgress {
    private static final int WIDTH = 40;

    private int shown = -1;

    @Override
    public void loaded(long doneBytes, long totalBytes) {
        int percent = totalBytes == 0 ? 100 : (int) (100 * (double) doneBytes / totalBytes);
        if (percent == shown) {
            return;
        }
        shown = percent;
        int filled = WIDTH * percent / 100;
        System.err.print(
                "\rloading [%s%s] %3d %%"
                        .formatted("#".repeat(filled), " ".repeat(WIDTH - filled), percent));
        if (percent == 100) {
            System.err.println();
        }
    }
}
