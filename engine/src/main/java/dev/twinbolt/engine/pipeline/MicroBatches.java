package dev.twinbolt.engine.pipeline;

/// How many tokens of a prompt go in one pass.
///
/// A pass of m tokens takes a stage about a + b·m: a is what one token takes as well, reading the
/// weights and crossing the link, b what each token adds. n tokens through s stages then take (n/m
/// + s − 1)·(a + b·m), which is least where m = √(n·a / (b·(s − 1))): larger passes leave the other
///   stages idle at the prompt's ends, smaller ones read the weights more often. a and b are learnt
///   from the passes of the slowest stage.
final class MicroBatches {
    /// a/b, in tokens, until both were seen: that of a CPU.
    private static final double FIRST_RATIO = 4;

    /// How much of what is known the next pass replaces.
    private static final double NEWS = 0.25;

    private static final int LEAST = 16;

    private final double[] singleNanos;
    private final double[] tokenNanos;
    private final int workingStages;
    private final int most;

    /// @param stages of which `workingStages` have layers
    /// @param most tokens of a pass
    MicroBatches(int stages, int workingStages, int most) {
        this.singleNanos = new double[stages];
        this.tokenNanos = new double[stages];
        this.workingStages = workingStages;
        this.most = most;
    }

    /// A pass of `tokens` took stage `stage` so long.
    void record(int stage, int tokens, long nanos) {
        if (tokens == 1) {
            singleNanos[stage] = mixed(singleNanos[stage], nanos);
        } else if (tokens >= LEAST) {
            double each = Math.max(1, nanos - singleNanos[stage]) / tokens;
            tokenNanos[stage] = mixed(tokenNanos[stage], each);
        }
    }

    private static double mixed(double known, double news) {
        return known == 0 ? news : known + NEWS * (news - known);
    }

    /// Tokens of each pass of a prompt of `tokens`, so that all are about equal.
    int size(int tokens) {
        if (workingStages == 1) {
            return most;
        }
        double best = Math.sqrt(tokens * ratio() / (workingStages - 1));
        int largest = (int) Math.clamp(best, Math.min(LEAST, most), most);
        int passes = (tokens + largest - 1) / largest;
        return (tokens + passes - 1) / passes;
    }

    private double ratio() {
        int slowest = 0;
        for (int i = 1; i < tokenNanos.length; i++) {
            slowest = tokenNanos[i] > tokenNanos[slowest] ? i : slowest;
        }
        boolean isKnown = singleNanos[slowest] > 0 && tokenNanos[slowest] > 0;
        return isKnown ? singleNanos[slowest] / tokenNanos[slowest] : FIRST_RATIO;
    }
}
