package dev.twinbolt.cli;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A kind of number with a unit, as people write it: `24GB`, `0.6 ms`. Upper and lower case are the
/// same.
public enum Quantity {
    /// In bytes.
    MEMORY("memory", Map.of("MB", 1e6, "MiB", 0x1p20, "GB", 1e9, "GiB", 0x1p30, "TB", 1e12)),

    /// In bytes per second.
    RATE(
            "bytes or bits a second",
            Map.of(
                    "MB/s", 1e6, "GB/s", 1e9, "TB/s", 1e12, "Mbit", 1e6 / 8, "Mbit/s", 1e6 / 8,
                    "Gbit", 1e9 / 8, "Gbit/s", 1e9 / 8)),

    /// In operations per second.
    ARITHMETIC("operations a second", Map.of("GFLOPS", 1e9, "TFLOPS", 1e12, "TOPS", 1e12)),

    /// In seconds.
    TIME("a time", Map.of("s", 1.0, "ms", 1e-3, "us", 1e-6));

    private static final Pattern FORM =
            Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*([A-Za-z/]+)");

    private final String what;
    private final Map<String, Double> units = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    Quantity(String what, Map<String, Double> units) {
        this.what = what;
        this.units.putAll(units);
    }

    /// The number that `text` says, a part of `option`, for which it throws [UsageException] where
    /// it says none above 0.
    public double read(String option, String text) {
        Matcher matcher = FORM.matcher(text.trim());
        Double unit = matcher.matches() ? units.get(matcher.group(2)) : null;
        double value = unit == null ? 0 : Double.parseDouble(matcher.group(1)) * unit;
        if (!(value > 0)) {
            throw new UsageException(
                    String.format(
                            Locale.ROOT,
                            "%s: '%s' is not %s, a number above 0 in %s",
                            option,
                            text.trim(),
                            what,
                            String.join(", ", units.keySet())));
        }
        return value;
    }
}
