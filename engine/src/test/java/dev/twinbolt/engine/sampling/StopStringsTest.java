package dev.twinbolt.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    @Test
    void holdsBackWhatMayBecomeAStopString() {
        StopStrings stops = StopStrings.of(List.of("END"));
        assertEquals("a ", stops.accept("a EN"));
        assertEquals("ENEN", stops.accept("ENE"));
        assertEquals("", stops.accept("ND"));
        assertEquals(true, stops.isStopped());
        assertEquals("", stops.accept("more") + stops.finish());
    }

    @Test
    void givesOutWhatWasHeldBackAtTheEnd() {
        StopStrings stops = StopStrings.of(List.of("END"));
        assertEquals("", stops.accept("EN"));
        assertEquals("EN", stops.finish());
        assertEquals("D", stops.accept("D"), "another stream");
    }

    @Test
    void theResultDoesNotDependOnThePieces() {
        Random random = new Random(5);
        for (int i = 0; i < 5_000; i++) {
            String text = word(random, 20);
            List<String> stopList = List.of(word(random, 3) + "a", word(random, 4) + last(random));
            int first = Integer.MAX_VALUE;
            int cut = text.length();
            for (String stop : stopList) {
                int at = text.indexOf(stop);
                if (at >= 0
                        && (at + stop.length() < first
                                || at + stop.length() == first && at < cut)) {
                    first = at + stop.length();
                    cut = at;
                }
            }
            StopStrings stops = StopStrings.of(stopList);
            StringBuilder out = new StringBuilder();
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(4));
                out.append(stops.accept(text.substring(at, end)));
                at = end;
            }
            out.append(stops.finish());
            assertEquals(text.substring(0, cut), out.toString(), text + " " + stopList);
        }
    }

    @Test
    void anEmptyStopStringIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> StopStrings.of(List.of("")));
    }

    private static String last(Random random) {
        return random.nextBoolean() ? "a" : "b";
    }

    private static String word(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(most); n > 0; n--) {
            text.append((char) ('a' + random.nextInt(2)));
        }
        return text.toString();
    }
}
