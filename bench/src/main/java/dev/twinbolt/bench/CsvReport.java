package dev.twinbolt.bench;

import java.io.PrintWriter;
import java.util.Map;
import java.util.stream.Collectors;

/// A line of names, then a line per result, every value quoted.
final class CsvReport implements Report {
    private final PrintWriter out;
    private boolean hasNames;

    CsvReport(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void add(SpeedResult result) {
        Map<String, Object> fields = result.fields();
        if (!hasNames) {
            out.print(String.join(",", fields.keySet()) + "\n");
            hasNames = true;
        }
        out.print(
                fields.values().stream().map(CsvReport::quoted).collect(Collectors.joining(","))
                        + "\n");
        out.flush();
    }

    @Override
    public void end() {
        out.flush();
    }

    private static String quoted(Object value) {
        String text =
                switch (value) {
                    case Boolean isSet -> isSet ? "1" : "0";
                    case Double number -> Report.decimal(number);
                    default -> value.toString();
                };
        return '"' + text.replace("\"", "\"\"") + '"';
    }
}
