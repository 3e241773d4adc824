package dev.twinbolt.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/// Results on their way to standard output, each as soon as it is there.
sealed interface Report permits CsvReport, JsonReport, JsonLinesReport, MarkdownReport {
    /// The values of `-o`, in any case.
    enum Format {
        MD,
        JSON,
        JSONL,
        CSV
    }

    /// For the results of `tests`.
    static Report of(Format format, PrintWriter out, List<SpeedTest> tests) {
        return switch (format) {
            case MD -> new MarkdownReport(out, tests);
            case JSON -> new JsonReport(out);
            case JSONL -> new JsonLinesReport(out);
            case CSV -> new CsvReport(out);
        };
    }

    void add(SpeedResult result);

    /// After the last result.
    void end();

    /// A number with six decimals, as C prints it.
    static String decimal(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    static String decimals(List<Double> values) {
        return String.join(", ", values.stream().map(Report::decimal).toList());
    }
}
