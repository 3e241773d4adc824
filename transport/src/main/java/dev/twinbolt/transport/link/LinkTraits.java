package dev.twinbolt.transport.link;

import dev.twinbolt.engine.speed.LinkSpeed;

/// What an emulated link is like.
///
/// @param speed half of the round trip passes in each direction; each direction carries the bytes
///   of TCP streams at the rate, headers not counted
/// @param jitterSeconds the most that a round trip takes longer, half of it in each direction
/// @param stalls when nothing arrives, and what was sent does so later
/// @param cuts when all is lost
/// @param seed of the jitter and of the moments of stalls and cuts
public record LinkTraits(
        LinkSpeed speed, double jitterSeconds, Outages stalls, Outages cuts, long seed) {
    /// `seconds` long, and on average so many between the beginnings of two; never where both are
    /// 0.
    public record Outages(double seconds, double everySeconds) {
        public static final Outages NONE = new Outages(0, 0);

        public Outages {
            if (!(seconds >= 0 && everySeconds >= 2 * seconds) || Double.isInfinite(everySeconds)) {
                throw new IllegalArgumentException(
                        "outages of %s s every %s s: expected to be over for half of the time"
                                .formatted(seconds, everySeconds));
            }
        }
    }

    public LinkTraits {
        if (!(jitterSeconds >= 0) || Double.isInfinite(jitterSeconds)) {
            throw new IllegalArgumentException(
                    "a jitter of %s s: expected 0 or more".formatted(jitterSeconds));
        }
    }

    /// A link that has its speed at all times.
    public static LinkTraits of(LinkSpeed speed) {
        return new LinkTraits(speed, 0, Outages.NONE, Outages.NONE, 0);
    }
}
