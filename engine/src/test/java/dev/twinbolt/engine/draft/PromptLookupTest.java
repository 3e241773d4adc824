package dev.twinbolt.engine.draft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
    private static final int[] NONE = {};

    private static int[] draft(int most, int... text) {
        int[] longer = Arrays.copyOf(text, text.length + 3); // what is behind is no text
        Arrays.fill(longer, text.length, longer.length, 1);
        return new PromptLookup().draft(longer, text.length, most, () -> false);
    }

    private static int[] tokens(int... tokens) {
        return tokens;
    }

    @Test
    void guessesWhatFollowedTheLastTimeButNoMoreThanAskedForAndThereIs() {
        int[] text = {1, 2, 7, 8, 9, 1, 2, 4, 5, 6, 1, 2};
        assertArrayEquals(tokens(4, 5, 6), draft(3, text));
        assertArrayEquals(tokens(4), draft(1, text));
        assertArrayEquals(tokens(4, 5, 6, 1, 2), draft(64, text));
    }

    @Test
    void aLongerMatchGoesBeforeALaterOne() {
        assertArrayEquals(tokens(9), draft(1, 1, 2, 3, 9, 0, 2, 3, 8, 1, 2, 3));
        assertArrayEquals(tokens(9), draft(1, 0, 1, 2, 3, 9, 5, 1, 2, 3, 8, 0, 1, 2, 3));
        // Four are enough to tell.
        assertArrayEquals(tokens(8), draft(1, 5, 0, 1, 2, 3, 9, 4, 0, 1, 2, 3, 8, 5, 0, 1, 2, 3));
    }

    @Test
    void matchesMayOverlapAndOneTokenIsNone() {
        assertArrayEquals(tokens(7), draft(64, 7, 7, 7));
        assertArrayEquals(tokens(3, 1, 2), draft(64, 1, 2, 3, 1, 2));
        assertArrayEquals(NONE, draft(64, 1, 2, 3, 4, 2));
        assertArrayEquals(NONE, draft(64, 7, 7));
        assertArrayEquals(NONE, draft(64, 7));
    }
}
