package dev.twinbolt.engine.pipeline;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// How fast a placement is predicted to run one conversation. A pure function of the model's costs
/// and the devices' speeds.
///
/// A generated token goes through the stages one after the other. Each reads its weights, and K and
/// V of a context half full; a node's stage adds a round trip of its link and the activations there
/// and back. Of a prompt, cut into passes as the pipeline cuts it, a stage's pass takes the longer
/// of reading the weights and multiplying by them; all stages work at once, so the slowest decides,
/// and the first pass's way through the others is added.
///
/// @param stages for one generated token, in the order of the placement
/// @param promptTokens of the prompt that takes `promptSeconds`
public record Prediction(List<StageTime> stages, int promptTokens, double promptSeconds) {
    private static final int PROMPT_TOKENS = 512;

    public Prediction {
        stages = List.copyOf(stages);
    }

    /// Empty where the speed of a device that computes is unknown.
    public static Optional<Prediction> of(ModelCost cost, Placement placement) {
        if (placement.stages().stream().anyMatch(stage -> stage.facts().speed() == null)) {
            return Optional.empty();
        }
        List<StageTime> times =
                placement.stages().stream().map(stage -> time(stage, cost, placement)).toList();
        int tokens = Math.min(PROMPT_TOKENS, cost.capacity().contextLength());
        return Optional.of(new Prediction(times, tokens, promptSeconds(times, cost, tokens)));
    }

    private static StageTime time(Placement.Stage stage, ModelCost cost, Placement placement) {
        StageRange range = stage.range();
        double bytes =
                cost.activeWeights(range).bytes() + range.layerCount() * cost.kvReadBytesPerLayer();
        DeviceFacts device = stage.facts();
        return new StageTime(
                stage,
                StageTime.computeSeconds(device, bytes, placement.bytesOn(stage.device())),
                StageTime.linkSeconds(device, cost, 1));
    }

    private static double promptSeconds(List<StageTime> times, ModelCost cost, int tokens) {
        int working = (int) times.stream().filter(t -> t.stage().range().layerCount() > 0).count();
        int most = cost.capacity().microBatch();
        MicroBatches batches = new MicroBatches(times.size(), working, most);
        double[] whole = passSeconds(times, cost, Math.min(most, tokens));
        for (int i = 0; i < whole.length; i++) {
            batches.record(i, 1, nanos(times.get(i).seconds()));
            batches.record(i, Math.min(most, tokens), nanos(whole[i]));
        }
        int size = Math.min(tokens, batches.size(tokens));
        int passes = (tokens + size - 1) / size;
        double first = 0;
        double slowest = 0;
        for (double seconds : passSeconds(times, cost, size)) {
            first += seconds;
            slowest = Math.max(slowest, seconds);
        }
        return first + (passes - 1) * slowest;
    }

    private static long nanos(double seconds) {
        return Math.max(1, Math.round(seconds * 1e9));
    }

    /// What a pass of `tokens` takes each stage. The head computes one row of logits.
    private static double[] passSeconds(List<StageTime> times, ModelCost cost, int tokens) {
        double[] seconds = new double[times.size()];
        for (int i = 0; i < seconds.length; i++) {
            StageTime time = times.get(i);
            StageRange range = time.stage().range();
            DeviceFacts device = time.stage().facts();
            StageRange layers = new StageRange(false, range.firstLayer(), range.endLayer(), false);
            double operations = 2 * cost.activeWeights(layers).parameters() * tokens;
            seconds[i] =
                    Math.max(
                                    time.computeSeconds(),
                                    operations / StageTime.speed(device).operationsPerSecond())
                            + StageTime.linkSeconds(device, cost, tokens);
        }
        return seconds;
    }

    /// For one generated token.
    public double tokenSeconds() {
        return stages.stream().mapToDouble(StageTime::seconds).sum();
    }

    public double tokensPerSecond() {
        return 1 / tokenSeconds();
    }

    public double promptTokensPerSecond() {
        return promptTokens / promptSeconds;
    }

    /// The stage that most of a generated token's time goes to.
    public StageTime bottleneck() {
        return stages.stream().max(Comparator.comparingDouble(StageTime::seconds)).orElseThrow();
    }
}
