package dev.twinbolt.cli;

import picocli.CommandLine;

/// The version of the programs, from the jar's manifest.
public final class Version implements CommandLine.IVersionProvider {
    public static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"twinbolt " + text()};
    }
}
