package dev.twinbolt.engine.sampling;

import java.util.Arrays;
import java.util.List;

/// Ends a stream of text before the first stop string in it.
///
/// Text that may be the beginning of a stop string is held back, so neither a part of one nor what
/// follows it is ever given out. The result does not depend on how the text was cut into pieces:
/// the stop string that is complete first counts, the longest of several. Each stop string has its
/// Knuth-Morris-Pratt automaton, so a character costs a few steps. One instance per stream; not
/// thread-safe.
public final class StopStrings {
    private final String[] stops;
    private final int[][] fallbacks;

    /// By stop string: how many of its characters the text ends with.
    private final int[] matched;

    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    private StopStrings(List<String> stops) {
        this.stops = stops.toArray(new String[0]);
        fallbacks = new int[stops.size()][];
        matched = new int[stops.size()];
        for (int i = 0; i < fallbacks.length; i++) {
            fallbacks[i] = fallbacks(this.stops[i]);
        }
    }

    /// A matcher for any of `stops`, none of which may be empty; with no stop strings all text
    /// passes.
    public static StopStrings of(List<String> stops) {
        if (stops.contains("")) {
            throw new IllegalArgumentException(
                    "an empty stop string would stop before the first character; leave it out");
        }
        return new StopStrings(stops);
    }

    /// Whether a stop string has been seen, after which nothing comes out any more.
    public boolean isStopped() {
        return stopped;
    }

    /// Adds `text` to the stream and returns what of it, and of text held back, can be given out.
    public String accept(String text) {
        if (stopped) {
            return "";
        }
        for (int i = 0; i < text.length(); i++) {
            held.append(text.charAt(i));
            int complete = advance(text.charAt(i));
            if (complete > 0) {
                stopped = true;
                String before = held.substring(0, held.length() - complete);
                held.setLength(0);
                return before;
            }
        }
        int safe = held.length() - longestMatch();
        String out = held.substring(0, safe);
        held.delete(0, safe);
        return out;
    }

    /// Ends the stream: what was held back turned out to be no stop string.
    public String finish() {
        String rest = held.toString();
        held.setLength(0);
        Arrays.fill(matched, 0);
        return rest;
    }

    /// Moves every automaton over `c`; the length of the longest stop string that it completes, or
    /// 0.
    private int advance(char c) {
        int complete = 0;
        for (int i = 0; i < stops.length; i++) {
            int length = extend(stops[i], fallbacks[i], matched[i], c);
            matched[i] = length;
            if (length == stops[i].length()) {
                complete = Math.max(complete, length);
            }
        }
        return complete;
    }

    private int longestMatch() {
        int longest = 0;
        for (int length : matched) {
            longest = Math.max(longest, length);
        }
        return longest;
    }

    private static int extend(String stop, int[] fallback, int matched, char c) {
        int length = matched;
        while (length > 0 && stop.charAt(length) != c) {
            length = fallback[length];
        }
        return stop.charAt(length) == c ? length + 1 : 0;
    }

    /// By matched length: the next shorter beginning of `stop` that is also an end of what matched.
    private static int[] fallbacks(String stop) {
        int[] fallback = new int[stop.length() + 1];
        for (int length = 1; length < stop.length(); length++) {
            fallback[length + 1] = extend(stop, fallback, fallback[length], stop.charAt(length));
        }
        return fallback;
    }
}
