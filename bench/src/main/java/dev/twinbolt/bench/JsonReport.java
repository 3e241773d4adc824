package dev.twinbolt.bench;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// An array of objects, one field a line.
final class JsonReport implements Report {
    private final PrintWriter out;
    private String before = "[\n";

    JsonReport(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void add(SpeedResult result) {
        out.print(before);
        out.print("  {\n    " + object(result, ",\n    ") + "\n  }");
        out.flush();
        before = ",\n";
    }

    @Override
    public void end() {
        out.print("\n]\n");
        out.flush();
    }

    /// The members of one result's object.
    static String object(SpeedResult result, String between) {
        Map<String, String> members = new LinkedHashMap<>();
        result.fields().forEach((name, value) -> members.put(name, json(value)));
        Samples samples = result.samples();
        String nanos =
                samples.nanos().stream().map(String::valueOf).collect(Collectors.joining(", "));
        members.put("samples_ns", "[ " + nanos + " ]");
        members.put("samples_ts", "[ " + Report.decimals(samples.rates()) + " ]");
        return members.entrySet().stream()
                .map(member -> '"' + member.getKey() + "\": " + member.getValue())
                .collect(Collectors.joining(between));
    }

    private static String json(Object value) {
        return switch (value) {
            case String text -> '"' + escaped(text) + '"';
            case Double number -> Report.decimal(number);
            default -> value.toString();
        };
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                escaped.append('\\').append(c);
            } else if (c < ' ') {
                escaped.append("\\u%04x".formatted((int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
