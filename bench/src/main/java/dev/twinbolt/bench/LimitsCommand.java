package dev.twinbolt.bench;

import dev.twinbolt.cli.ExitCode;
import dev.twinbolt.cli.ThreadsOption;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.kernels.cpu.CpuLimits;
import dev.twinbolt.kernels.cpu.CpuVariant;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `engine-bench limits`: what this machine can do at best, to hold figures against.
@Command(
        name = "limits",
        description = {
            "Measures what this machine can do at best: reading from memory, multiply-adds of bytes"
                    + " and of F32,",
            "by one thread and by N. Needs an idle machine, as every measurement."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class LimitsCommand implements Callable<Integer> {
    /// Above it, something else computes too.
    private static final double IDLE_LOAD = 0.5;

    private record Row(String name, ToDoubleFunction<CpuLimits> value) {}

    private static final List<Row> ROWS =
            List.of(
                    new Row("read from memory, GB/s", CpuLimits::readBytes),
                    new Row("int8 multiply-add, GOP/s", CpuLimits::int8Ops),
                    new Row("F32 multiply-add, GFLOP/s", CpuLimits::f32Ops));

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "CPU threads, at most 512 (the cores this process may use)")
    private int threads = defaultThreads();

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        ThreadsOption.check(threads);
        if (spec == null) {
            throw new IllegalStateException("called by other than picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<CpuVariant> variants = CpuLimits.variants();
        if (variants.isEmpty()) {
            out.println(
                    "nothing was measured, as no native kernels run here: "
                            + CpuLimits.unavailableReason());
            return ExitCode.OK.code();
        }
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        if (load > IDLE_LOAD) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            Locale.ROOT,
                            "other programs kept %.1f cores busy in the last minute; what follows"
                                    + " is less than this machine can do%n",
                            load);
        }
        List<CpuLimits> measured = new ArrayList<>();
        for (CpuVariant variant : variants) {
            for (int count : IntStream.of(1, threads).distinct().toArray()) {
                measured.add(CpuLimits.measure(variant, count));
            }
        }
        out.print(table(measured));
        out.flush();
        return ExitCode.OK.code();
    }

    static int defaultThreads() {
        return Math.min(Runtime.getRuntime().availableProcessors(), DeviceConfig.MAX_THREADS);
    }

    /// A line per limit and variant, a column per count of threads.
    static String table(List<CpuLimits> measured) {
        int[] counts = measured.stream().mapToInt(CpuLimits::threads).distinct().toArray();
        List<CpuVariant> variants = measured.stream().map(CpuLimits::variant).distinct().toList();
        StringBuilder table = new StringBuilder("| at best | kernels |");
        for (int count : counts) {
            table.append(count == 1 ? " 1 thread |" : " %d threads |".formatted(count));
        }
        table.append("\n| --- | --- |").append(" ---: |".repeat(counts.length)).append('\n');
        for (Row row : ROWS) {
            for (CpuVariant variant : variants) {
                table.append("| %s | %s |".formatted(row.name, variant.label()));
                measured.stream()
                        .filter(limits -> limits.variant() == variant)
                        .mapToDouble(row.value)
                        .forEach(
                                value ->
                                        table.append(
                                                String.format(
                                                        Locale.ROOT, " %.1f |", value / 1e9)));
                table.append('\n');
            }
        }
        return table.toString();
    }
}
