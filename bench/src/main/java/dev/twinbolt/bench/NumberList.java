package dev.twinbolt.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers as llama-bench's options take them: separated by commas, or `first-last`,
/// `first-last+step`, `first-last*factor`.
final class NumberList {
    private static final Pattern RANGE =
            Pattern.compile("(\\d{1,9})(?:-(\\d{1,9})(?:([+*])(\\d{1,9}))?)?");

    private static final int MAX_COUNT = 1000;

    private NumberList() {}

    /// Every number is at least `least`; `option` is named in errors.
    static List<Integer> parse(String option, String text, int least) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part);
            if (!range.matches()) {
                throw wrong(option, text, least);
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            boolean isFactor = "*".equals(range.group(3));
            int step = range.group(4) == null ? 1 : Integer.parseInt(range.group(4));
            if (first < least || last < first) {
                throw wrong(option, text, least);
            }
            for (long n = first; n <= last; n = isFactor ? n * step : n + step) {
                numbers.add((int) n);
                if (numbers.size() > MAX_COUNT || (isFactor ? n * step : n + step) <= n) {
                    throw wrong(option, text, least);
                }
            }
        }
        return numbers;
    }

    private static IllegalArgumentException wrong(String option, String text, int least) {
        return new IllegalArgumentException(
                "%s %s: expected numbers from %d on, separated by commas, or first-last, first-last+step, first-last*factor"
                        .formatted(option, text, least));
    }
}
