package dev.twinbolt.engine.draft;

import java.util.function.BooleanSupplier;

/// Guesses how a text goes on. A wrong guess costs time and nothing else. For one conversation.
public interface Drafter extends AutoCloseable {
    /// At most `most` tokens that may follow the first `length` of `text`; none where it has no
    /// guess, or `isCancelled` before it has.
    int[] draft(int[] text, int length, int most, BooleanSupplier isCancelled)
            throws InterruptedException;

    @Override
    void close();
}
