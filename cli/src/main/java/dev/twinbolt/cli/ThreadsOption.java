package dev.twinbolt.cli;

import dev.twinbolt.engine.device.DeviceConfig;
import picocli.CommandLine.Option;

/// How many threads the CPU gets.
final class ThreadsOption {
    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "CPU threads, at most 512; 0 or -1 for the cores this process may use"
                            + " (${DEFAULT-VALUE})")
    private int threads;

    /// 0 where the cores decide.
    int count() {
        if (threads > DeviceConfig.MAX_THREADS) {
            throw new UsageException(
                    "-t %d: expected 1 to %d threads, or 0 for the cores this process may use"
                            .formatted(threads, DeviceConfig.MAX_THREADS));
        }
        return Math.max(0, threads); // llama.cpp takes every negative number for none given
    }
}
