package dev.twinbolt.cli;

import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/// How arguments are read: as llama.cpp's programs read theirs.
public final class Arguments {
    /// No argument is this, so that none ends the options.
    private static final String NO_DELIMITER = "\0";

    private Arguments() {}

    /// The parts between commas of the values of an option that takes lists, empty ones too: `,`
    /// has two, which are for the reader of parts to refuse.
    public static List<String> parts(List<String> values) {
        return values.stream().flatMap(value -> Stream.of(value.split(",", -1))).toList();
    }

    /// An option takes the argument after it whatever that looks like, the last of an option given
    /// twice counts, and no argument is the name of a file with more of them.
    public static CommandLine read(CommandLine line) {
        CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF); // warns of options given twice
        return line.setPosixClusteredShortOptionsAllowed(false)
                .setExpandAtFiles(false)
                .setEndOfOptionsDelimiter(NO_DELIMITER)
                .setAllowOptionsAsOptionParameters(true)
                .setAllowSubcommandsAsOptionParameters(true)
                .setOverwrittenOptionsAllowed(true);
    }
}
