package dev.twinbolt.engine.text;

import java.util.function.IntPredicate;

/// One step of a pre-tokenizer: cuts a piece of text into smaller pieces, as a split pattern would.
///
/// Rules are written by hand and walk forward: java.util.regex recurses on a group under `*`, so
/// one long word would overflow its stack.
sealed interface SplitRule {
    /// Appends the ends of the pieces of `text[from, to)`, ascending, the last one `to`.
    void split(int[] text, int from, int to, IntList ends);

    /// A rule that knows where a match that starts here would end; what no match covers stays
    /// together as a piece.
    non-sealed interface Match extends SplitRule {
        /// The end of the match at `at`, or `at` where there is none.
        int end(int[] text, int at, int to);

        @Override
        default void split(int[] text, int from, int to, IntList ends) {
            int cut = from;
            int at = from;
            while (at < to) {
                int end = end(text, at, to);
                if (end == at) {
                    at++;
                    continue;
                }
                if (at > cut) {
                    ends.add(at);
                }
                ends.add(end);
                cut = end;
                at = end;
            }
            if (cut < to) {
                ends.add(to);
            }
        }
    }

    /// `\s+$`: the whitespace at the end.
    record TrailingSpace() implements SplitRule {
        @Override
        public void split(int[] text, int from, int to, IntList ends) {
            int start = to;
            while (start > from && CodePoints.isSpace(text[start - 1])) {
                start--;
            }
            if (start > from) {
                ends.add(start);
            }
            if (start < to) {
                ends.add(to);
            }
        }
    }

    /// `[set]{1,longest}`, or with `spaced` `\s?[set]{1,longest}`.
    record Run(IntPredicate set, boolean spaced, int longest) implements Match {
        @Override
        public int end(int[] text, int at, int to) {
            int start = at;
            if (spaced && CodePoints.isSpace(text[at]) && at + 1 < to && set.test(text[at + 1])) {
                start = at + 1;
            }
            int end = start;
            while (end < to && end - start < longest && set.test(text[end])) {
                end++;
            }
            return end;
        }
    }
}
