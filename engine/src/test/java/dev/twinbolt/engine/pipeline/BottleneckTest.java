package dev.twinbolt.engine.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.engine.device.Traffic;
import java.util.List;
import org.junit.jupiter.api.Test;

class BottleneckTest {
    private static final String NODE = "RPC0[10.0.0.2:50052]";

    private static StageStats stage(
            String device, int first, int end, long computed, long link, long waited) {
        StageRange range = new StageRange(false, first, end, false);
        return new StageStats(device, range, 100, computed, link, waited, Traffic.NONE);
    }

    @Test
    void theSlowestStageIsNamedAndWhatTheLinkTook() {
        List<StageStats> stages =
                List.of(
                        stage("CPU", 0, 0, 100, 0, 9900),
                        stage(NODE, 0, 8, 3700, 2100, 6300),
                        stage("CPU", 8, 16, 6300, 0, 3700));
        assertEquals(
                "bottleneck: CPU, layers 8-15, 63 % of the time; the link to "
                        + NODE
                        + " took 21 %",
                Bottleneck.describe(stages));
    }

    @Test
    void aLinkMayBeTheSlowest() {
        List<StageStats> stages =
                List.of(
                        stage(NODE, 0, 4, 7000, 6000, 3000),
                        stage("RPC1[b:1]", 4, 8, 2000, 500, 8000),
                        stage("CPU", 8, 16, 900, 0, 9100));
        assertEquals(
                "bottleneck: the link to "
                        + NODE
                        + ", 60 % of the time; RPC1[b:1], layers 4-7 took 15 %; the link to"
                        + " RPC1[b:1] took 5 %",
                Bottleneck.describe(stages));
    }

    @Test
    void stagesThatWorkAtOnceHaveMoreThanAllTogether() {
        List<StageStats> stages =
                List.of(stage(NODE, 0, 8, 9400, 40, 600), stage("CPU", 8, 16, 9600, 0, 400));
        assertEquals("bottleneck: CPU, layers 8-15, 96 % of the time", Bottleneck.describe(stages));
    }

    @Test
    void thereIsNoneOfOneStageOrOfNothing() {
        assertEquals("", Bottleneck.describe(List.of(stage("CPU", 0, 16, 100, 0, 0))));
        assertEquals(
                "",
                Bottleneck.describe(
                        List.of(stage(NODE, 0, 8, 0, 0, 0), stage("CPU", 8, 16, 0, 0, 0))));
    }
}
