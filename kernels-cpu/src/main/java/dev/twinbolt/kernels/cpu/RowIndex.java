package dev.twinbolt.kernels.cpu;

import dev.twinbolt.engine.tensor.InvalidGraphException;

/// Row and expert numbers are data, so they are checked where they are used.
final class RowIndex {
    private RowIndex() {}

    static long check(long row, long count) {
        if (row < 0 || row >= count) {
            throw new InvalidGraphException("row number %d of %d rows".formatted(row, count));
        }
        return row;
    }
}
