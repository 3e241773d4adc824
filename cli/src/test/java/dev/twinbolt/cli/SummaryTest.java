package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.pipeline.StageRange;
import dev.twinbolt.engine.pipeline.StageStats;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SummaryTest {
    private static final String RATES =
            """
            prompt: 6 tokens, 60.0 tokens/s
            generation: 1 token, 2.0 tokens/s
            """;
    private static final String WIDE =
            "RPC0[10.0.0.2:50052], layers 0-7: 1 forward pass, computed 0.25 s, waited 0.50 s,"
                    + " its link 0.10 s, sent 2.0 KiB, received 1.0 KiB";

    private static List<String> summary(int columns) {
        StageStats stage =
                new StageStats(
                        "RPC0[10.0.0.2:50052]",
                        new StageRange(false, 0, 8, false),
                        1,
                        250_000_000,
                        100_000_000,
                        500_000_000,
                        new Traffic(2048, 1024, 1));
        Generation generation =
                new Generation(
                        "a",
                        Generation.End.TOKEN_LIMIT,
                        6,
                        100_000_000,
                        1,
                        500_000_000,
                        0,
                        0,
                        List.of(stage));
        return Summary.of(generation, columns).lines().toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 200})
    void aStageIsALineWhereThereIsRoom(int columns) {
        assertEquals((RATES + WIDE).lines().toList(), summary(columns));
        assertEquals(3, summary(WIDE.length() + 1).size());
    }

    @Test
    void andAFewShortOnesOnANarrowTerminal() {
        String stage =
                """
                RPC0[10.0.0.2:50052]
                  layers 0-7
                  1 forward pass
                  computed 0.25 s, waited 0.50 s
                  its link 0.10 s, sent 2.0 KiB, received 1.0 KiB
                """;
        assertEquals((RATES + stage).lines().toList(), summary(WIDE.length()));
        String folded = stage.replace(" received", "\n    received");
        assertEquals((RATES + folded).lines().toList(), summary(40));
    }

    /// A local stage has no link, and nothing was drafted before a pass took time.
    @Test
    void draftsAreToldWhereThereWereSome() {
        StageStats stage =
                new StageStats(
                        "CPU",
                        new StageRange(true, 0, 8, true),
                        2,
                        1_500_000_000,
                        0,
                        20_000_000,
                        Traffic.NONE);
        Generation generation =
                new Generation(
                        "a",
                        Generation.End.TOKEN_LIMIT,
                        1,
                        0,
                        3,
                        1_500_000_000,
                        5,
                        4,
                        List.of(stage));
        assertEquals(
                """
                prompt: 1 token, 0.0 tokens/s
                generation: 3 tokens, 2.0 tokens/s
                drafts: 4 of 5 tokens were right
                CPU, embedding, layers 0-7, head: 2 forward passes, computed 1.50 s, waited 0.02 s
                """
                        .lines()
                        .toList(),
                Summary.of(generation, 0).lines().toList());
    }
}
