package dev.twinbolt.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.twinbolt.engine.device.Traffic;
import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.StageRange;
import dev.twinbolt.engine.pipeline.StageStats;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatsTest {
    private static final long MILLI = 1_000_000;

    @TempDir Path folder;

    private final List<String> shown = new ArrayList<>();
    private long now;

    /// A pass of 100 ms, of which the link took 10.
    private static PassStats pass(int position) {
        StageStats node =
                new StageStats(
                        "RPC0[a:1]",
                        new StageRange(false, 0, 8, false),
                        1,
                        40 * MILLI,
                        10 * MILLI,
                        60 * MILLI,
                        new Traffic(9000, 8200, 1));
        StageStats host =
                new StageStats(
                        "CPU",
                        new StageRange(false, 8, 16, true),
                        1,
                        60 * MILLI,
                        0,
                        40 * MILLI,
                        Traffic.NONE);
        return new PassStats(position, 1, 1, List.of(node, host));
    }

    private void show(StatsView.Place place, int columns, int passes) {
        try (StatsView view = new StatsView(place, columns, 24, () -> now, shown::add)) {
            for (int i = 0; i < passes; i++) {
                now += 100 * MILLI;
                view.accept(pass(7 + i));
            }
        }
    }

    @Test
    void unwatchedItIsALineASecond() {
        show(StatsView.Place.ELSEWHERE, 0, 25);
        assertEquals(2, shown.size());
        assertEquals(
                "token 17, 10.0 tokens/s: RPC0[a:1] 30 %, link to RPC0[a:1] 10 %, CPU 60 %"
                        + System.lineSeparator(),
                shown.getFirst());
    }

    @Test
    void onATerminalOfItsOwnItIsWrittenOver() {
        show(StatsView.Place.TERMINAL, 20, 6);
        assertEquals(List.of("\rtoken 10, 10.0 toke\033[K", "\rtoken 13, 10.0 toke\033[K"), shown);
    }

    @Test
    void onTheTextsTerminalItIsTheBottomRowUntilTheEnd() {
        show(StatsView.Place.ONE_TERMINAL, 20, 6);
        assertEquals(3, shown.size());
        String row = "\0337\033[24;1H%s\033[K\0338";
        assertEquals(
                "\033D\0337\033[1;23r\0338\033[1A" + row.formatted("token 10, 10.0 toke"),
                shown.get(0));
        assertEquals(row.formatted("token 13, 10.0 toke"), shown.get(1));
        assertEquals(row.formatted("") + "\0337\033[r\0338", shown.get(2));
    }

    @Test
    void eachPassIsALineOfJson() throws Exception {
        Path path = RandomLlama.write(folder);
        Path json = folder.resolve("stats.jsonl");
        try (Programs.Node node = new Programs.Node("-t", "1")) {
            Programs.Ended ended =
                    Programs.host(
                            "-m",
                            path.toString(),
                            "--rpc",
                            node.endpoint(),
                            "-ts",
                            "1,1",
                            "-p",
                            "a b c",
                            "-n",
                            "12",
                            "--temp",
                            "0",
                            "-c",
                            "64",
                            "-t",
                            "1",
                            "--stats",
                            "--stats-json",
                            json.toString());
            assertEquals(0, ended.code(), ended.err());
            List<JsonObject> passes =
                    Files.readAllLines(json).stream()
                            .map(line -> JsonParser.parseString(line).getAsJsonObject())
                            .toList();
            int position = 0;
            for (JsonObject pass : passes) {
                assertEquals(position, pass.get("position").getAsInt());
                position += pass.get("tokens").getAsInt();
                JsonArray stages = pass.get("stages").getAsJsonArray();
                assertEquals(3, stages.size());
                JsonObject remote = stages.get(1).getAsJsonObject();
                assertEquals("RPC0[" + node.endpoint() + "]", remote.get("device").getAsString());
                assertEquals(0, remote.get("first_layer").getAsInt());
                assertEquals(4, remote.get("end_layer").getAsInt());
                assertTrue(remote.get("sent_bytes").getAsLong() > 512);
                assertEquals(0, stages.get(2).getAsJsonObject().get("sent_bytes").getAsLong());
                assertTrue(remote.get("computed_ns").getAsLong() > 0);
                assertTrue(
                        remote.get("link_ns").getAsLong() <= remote.get("computed_ns").getAsLong());
            }
            assertEquals(12, passes.size());
            String last = ended.errLines().getLast();
            assertTrue(last.startsWith("bottleneck: "), ended.err());
            assertTrue(last.contains("the link to RPC0[" + node.endpoint() + "]"), last);
        }
    }

    @Test
    void aLineIsJsonWhereOtherDigitsAreUsed() {
        String expected = StatsFile.line(pass(7));
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertEquals("\u0667", "%d".formatted(7), "the premise");
            assertEquals(expected, StatsFile.line(pass(7)));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void aFileOfOtherThingsIsLeftAlone() throws Exception {
        Path model = RandomLlama.write(folder);
        long size = Files.size(model);
        UsageException refused =
                assertThrows(UsageException.class, () -> StatsFile.create(model).close());
        assertTrue(refused.toString().contains("holds no such lines"), refused.toString());
        assertEquals(size, Files.size(model));
    }

    /// A run that fails before has nothing to put in its place.
    @Test
    void whatIsThereStaysUntilTheFirstPass() throws Exception {
        Path file = Files.writeString(folder.resolve("old.jsonl"), "{\"old\":1}\n".repeat(99));
        StatsFile.create(file).close();
        assertEquals(99, Files.readAllLines(file).size());
        try (StatsFile stats = StatsFile.create(file)) {
            stats.accept(pass(7));
            stats.accept(pass(8));
        }
        assertEquals(
                List.of(StatsFile.line(pass(7)), StatsFile.line(pass(8))),
                Files.readAllLines(file));
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidBeforeAnythingIsLoaded() throws Exception {
        Programs.Ended ended =
                Programs.host(
                        "-m",
                        RandomLlama.write(folder).toString(),
                        "-p",
                        "a",
                        "--stats-json",
                        folder.resolve("none/stats.jsonl").toString());
        assertEquals(2, ended.code(), ended.err());
        assertEquals(1, ended.errLines().size(), ended.err());
        assertTrue(ended.err().contains("cannot be written"), ended.err());
    }
}
