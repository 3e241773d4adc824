package dev.twinbolt.cli;

import dev.twinbolt.engine.device.DeviceConfig;
import picocli.CommandLine.Option;

/// How many threads the CPU gets.
public final class ThreadsOption {
    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "CPU threads, at most 512; 0 or -1 for the cores this process may use"
                            + " (${DEFAULT-VALUE})")
    private int threads;

    ThreadsOption() {}

    /// 0 where the cores decide.
    int count() {
        if (threads == 0 || threads == -1) {
            return 0;
        }
        check(threads, ", or 0 or -1 for the cores this process may use");
        return threads;
    }

    /// Refuses a `-t` that no CPU is given.
    public static void check(int threads) {
        check(threads, "");
    }

    private static void check(int threads, String otherwise) {
        if (threads < 1 || threads > DeviceConfig.MAX_THREADS) {
            throw new UsageException(
                    "-t %d: expected 1 to %d threads%s"
                            .formatted(threads, DeviceConfig.MAX_THREADS, otherwise));
        }
    }
}
