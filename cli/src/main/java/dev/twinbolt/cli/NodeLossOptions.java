package dev.twinbolt.cli;

import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.NodeLossPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// When a node is lost, and what then.
final class NodeLossOptions {
    private static final int MAX_SECONDS = 24 * 60 * 60;

    @Option(
            names = "--on-node-loss",
            paramLabel = "POLICY",
            defaultValue = "fail",
            description =
                    "when a node is lost: fail; wait until it is back; or replan, which gives its layers to"
                            + " what is left. After wait and replan the text goes on as if nothing had been"
                            + " (${DEFAULT-VALUE})")
    private String policy = "fail";

    @Option(
            names = "--reply-timeout",
            paramLabel = "SECONDS",
            description =
                    "how long a node may take for a pass before it counts as lost (default: for stock servers"
                            + " 10 s and ten times what is predicted, or 5 minutes where nothing is; an"
                            + " engine-node says itself that it lives)")
    private @Nullable Double replyTimeout;

    void apply(EngineBuilder builder) {
        builder.onNodeLoss(policy());
        if (replyTimeout != null) {
            builder.replyTimeout(seconds(replyTimeout));
        }
    }

    private static Duration seconds(double seconds) {
        if (!(seconds > 0) || seconds > MAX_SECONDS) {
            throw new UsageException(
                    "--reply-timeout %s: expected more than 0 and at most %d seconds"
                            .formatted(seconds, MAX_SECONDS));
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    NodeLossPolicy policy() {
        return switch (policy) {
            case "fail" -> NodeLossPolicy.FAIL;
            case "wait" -> NodeLossPolicy.WAIT;
            case "replan" -> NodeLossPolicy.REPLAN;
            default ->
                    throw new UsageException(
                            "--on-node-loss %s: expected fail, wait or replan".formatted(policy));
        };
    }
}
