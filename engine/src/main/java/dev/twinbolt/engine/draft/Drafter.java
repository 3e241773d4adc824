package dev.twinbolt.engine.draft;

/// Guesses how a text goes on. A wrong guess costs time and nothing else. For one conversation.
public interface Drafter extends AutoCloseable {
    /// At most `most` tokens that may follow the first `length` of `text`; none where it has no
    /// guess.
    int[] draft(int[] text, int length, int most) throws InterruptedException;

    @Override
    void close();
}
