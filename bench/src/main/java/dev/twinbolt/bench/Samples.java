package dev.twinbolt.bench;

import java.util.List;

/// The times of one test's repetitions, in nanoseconds.
///
/// @param tokens that each of them computed
record Samples(int tokens, List<Long> nanos) {
    Samples {
        nanos = List.copyOf(nanos);
        if (nanos.isEmpty()) {
            throw new IllegalArgumentException("no samples");
        }
    }

    double meanNanos() {
        return mean(nanos);
    }

    double deviationNanos() {
        return deviation(nanos);
    }

    /// Tokens per second of each repetition.
    List<Double> rates() {
        return nanos.stream().map(time -> 1e9 * tokens / time).toList();
    }

    /// The mean of the rates, which is not the rate of the mean time.
    double meanRate() {
        return mean(rates());
    }

    double deviationRate() {
        return deviation(rates());
    }

    private static double mean(List<? extends Number> values) {
        return values.stream().mapToDouble(Number::doubleValue).average().orElseThrow();
    }

    /// The standard deviation of a sample, over n - 1; 0 of a single value.
    private static double deviation(List<? extends Number> values) {
        double mean = mean(values);
        double squares =
                values.stream()
                        .mapToDouble(Number::doubleValue)
                        .map(value -> (value - mean) * (value - mean))
                        .sum();
        return values.size() == 1 ? 0 : Math.sqrt(squares / (values.size() - 1));
    }
}
