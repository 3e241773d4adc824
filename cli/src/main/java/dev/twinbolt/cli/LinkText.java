package dev.twinbolt.cli;

import dev.twinbolt.engine.speed.LinkSpeed;

/// A link as people write it: round trip and throughput, such as `0.6ms, 12Gbit`.
public final class LinkText {
    private LinkText() {}

    /// The value of `--link`. Throws the error of a command line where it is no such text.
    public static LinkSpeed parse(String text) {
        String option = "--link " + text;
        String[] parts = text.split(",", -1);
        if (parts.length != 2) {
            throw new UsageException(
                    "%s: expected a form such as \"0.6ms, 12Gbit/s\"".formatted(option));
        }
        return new LinkSpeed(
                Quantity.TIME.read(option, parts[0]), Quantity.RATE.read(option, parts[1]));
    }
}
