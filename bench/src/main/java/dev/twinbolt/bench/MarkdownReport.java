package dev.twinbolt.bench;

import dev.twinbolt.cli.CacheTypesOption;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.gguf.TensorType;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/// A table for people, with llama-bench's columns and widths.
final class MarkdownReport implements Report {
    private static final int DEFAULT_MICRO_BATCH = 512;

    /// A negative width aligns to the left.
    private record Column(String title, int width, Function<SpeedResult, String> cell) {
        String row(String value) {
            return String.format(Locale.ROOT, " %" + width + "s |", value);
        }

        String rule() {
            String dashes = "-".repeat(Math.abs(width) - 1);
            return " " + dashes + (width > 0 ? ":" : "-") + " |";
        }
    }

    private final PrintWriter out;
    private final List<SpeedTest> tests;
    private final List<Column> columns = new ArrayList<>();

    /// `tests` are all that will follow: some columns are there only where one of them needs it.
    MarkdownReport(PrintWriter out, List<SpeedTest> tests) {
        this.out = out;
        this.tests = List.copyOf(tests);
    }

    private void start(boolean isCpuOnly) {
        column("model", -30, result -> result.model().type());
        column("size", 10, result -> size(result.model().sizeBytes()));
        column("params", 10, result -> count(result.model().parameterCount()));
        column("backend", -10, result -> result.machine().backends());
        if (!isCpuOnly) {
            column("ngl", 3, result -> "-1");
        }
        column("threads", 7, result -> Integer.toString(result.test().setup().threads()));
        if (tests.stream().anyMatch(test -> test.setup().microBatch() != DEFAULT_MICRO_BATCH)) {
            column("n_ubatch", 8, result -> Integer.toString(result.test().setup().microBatch()));
        }
        cacheType("type_k", CacheTypes::k);
        cacheType("type_v", CacheTypes::v);
        if (tests.stream().anyMatch(test -> !test.setup().tensorSplit().isEmpty())) {
            column("ts", -12, SpeedResult::tensorSplit);
        }
        if (isThere(cluster -> cluster.nodes() > 0)) {
            column("nodes", 5, result -> Integer.toString(cluster(result).nodes()));
        }
        if (isThere(cluster -> cluster.nodeThreads() > 1)) {
            column("n_node_thr", 10, result -> Integer.toString(cluster(result).nodeThreads()));
        }
        if (isThere(cluster -> !cluster.link().equals(Cluster.NO_LINK))) {
            column("link", -14, result -> cluster(result).link());
        }
        column("test", 15, result -> result.test().name());
        column("t/s", 20, result -> rate(result.samples()));
        line(column -> column.row(column.title));
        line(Column::rule);
    }

    private boolean isThere(Predicate<Cluster.Shape> property) {
        return tests.stream().map(test -> test.setup().cluster()).anyMatch(property);
    }

    private static Cluster.Shape cluster(SpeedResult result) {
        return result.test().setup().cluster();
    }

    private void cacheType(String title, Function<CacheTypes, TensorType> which) {
        Function<SpeedTest, TensorType> type = test -> which.apply(test.setup().cacheTypes());
        if (tests.stream().anyMatch(test -> type.apply(test) != which.apply(CacheTypes.DEFAULT))) {
            column(title, 6, result -> CacheTypesOption.name(type.apply(result.test())));
        }
    }

    private void column(String title, int width, Function<SpeedResult, String> cell) {
        columns.add(new Column(title, width, cell));
    }

    @Override
    public void add(SpeedResult result) {
        if (columns.isEmpty()) {
            start(result.machine().isCpuOnly());
        }
        line(column -> column.row(column.cell.apply(result)));
    }

    @Override
    public void end() {
        out.print("\nbuild: " + SpeedResult.build() + " (0)\n");
        out.flush();
    }

    private void line(Function<Column, String> cell) {
        StringBuilder line = new StringBuilder("|");
        columns.forEach(column -> line.append(cell.apply(column)));
        out.print(line.append('\n'));
        out.flush();
    }

    private static String rate(Samples samples) {
        return String.format(
                Locale.ROOT, "%.2f ± %.2f", samples.meanRate(), samples.deviationRate());
    }

    private static String size(long bytes) {
        double mebibytes = bytes / 1024.0 / 1024.0;
        return mebibytes < 1024
                ? String.format(Locale.ROOT, "%.2f MiB", mebibytes)
                : String.format(Locale.ROOT, "%.2f GiB", mebibytes / 1024);
    }

    private static String count(long parameters) {
        return parameters < 1_000_000_000
                ? String.format(Locale.ROOT, "%.2f M", parameters / 1e6)
                : String.format(Locale.ROOT, "%.2f B", parameters / 1e9);
    }
}
