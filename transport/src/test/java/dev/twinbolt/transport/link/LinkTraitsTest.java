package dev.twinbolt.transport.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.twinbolt.engine.speed.LinkSpeed;
import dev.twinbolt.transport.link.LinkTraits.Outages;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinkTraitsTest {
    @ParameterizedTest
    @CsvSource({"-1, 5", "NaN, 5", "1, NaN", "1, 1.99", "1, Infinity", "0, -1"})
    void outagesThatAreNeverOverAreRefused(double seconds, double everySeconds) {
        assertThrows(IllegalArgumentException.class, () -> new Outages(seconds, everySeconds));
    }

    @Test
    void outagesMayTakeHalfOfTheTime() {
        assertEquals(2, new Outages(1, 2).everySeconds());
        assertEquals(Outages.NONE, new Outages(0, 0));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-9, Double.NaN, Double.POSITIVE_INFINITY})
    void aJitterIsATime(double seconds) {
        LinkSpeed speed = new LinkSpeed(1e-3, 1e9);
        assertThrows(
                IllegalArgumentException.class,
                () -> new LinkTraits(speed, seconds, Outages.NONE, Outages.NONE, 0));
    }
}
