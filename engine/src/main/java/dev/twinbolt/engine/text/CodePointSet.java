package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// The set of code points that a character class such as `A-Zµ一-龥` names.
final class CodePointSet implements IntPredicate {
    /// First code points of the ranges, ascending, and the last ones beside them.
    private final int[] firsts;

    private final int[] lasts;

    /// `ranges`: code points and `a-b`; a minus that is meant comes first or as the end of a range.
    CodePointSet(String ranges) {
        int[] spelled = ranges.codePoints().toArray();
        long[] found = new long[spelled.length];
        int count = 0;
        for (int i = 0; i < spelled.length; i++) {
            int first = spelled[i];
            int last = first;
            if (i + 2 < spelled.length && spelled[i + 1] == '-') {
                last = spelled[i + 2];
                i += 2;
            }
            found[count++] = (long) first << 32 | last;
        }
        long[] sorted = Arrays.copyOf(found, count);
        Arrays.sort(sorted);
        firsts = Arrays.stream(sorted).mapToInt(range -> (int) (range >>> 32)).toArray();
        lasts = Arrays.stream(sorted).mapToInt(range -> (int) range).toArray();
    }

    @Override
    public boolean test(int codePoint) {
        int place = Arrays.binarySearch(firsts, codePoint);
        int range = place >= 0 ? place : -place - 2;
        return range >= 0 && codePoint <= lasts[range];
    }
}
