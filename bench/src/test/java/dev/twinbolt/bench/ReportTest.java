package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.twinbolt.cli.Version;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.gguf.TensorType;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678Z");
    private static final ModelFacts MODEL =
            new ModelFacts("llama 1B Q4_0", 729_075_712, 1_235_814_400);
    private static final MachineFacts CPU = new MachineFacts("A \"fast\" CPU", "", "CPU");
    private static final MachineFacts REMOTE = new MachineFacts("CPU", "a node", "RPC");

    private static SpeedResult result(
            MachineFacts machine, int depth, int prompt, int generated, List<Double> split) {
        return result(machine, depth, prompt, generated, split, CacheTypes.DEFAULT);
    }

    private static SpeedResult result(
            MachineFacts machine,
            int depth,
            int prompt,
            int generated,
            List<Double> split,
            CacheTypes types) {
        SpeedTest.Setup setup =
                new SpeedTest.Setup(
                        Path.of("a\\b.gguf"), Cluster.Shape.LOCAL, split, 512, types, 2, 1);
        SpeedTest test = new SpeedTest(setup, depth, prompt, generated);
        Samples samples = new Samples(test.tokens(), List.of(5_000_000_000L, 4_000_000_000L));
        return new SpeedResult(test, MODEL, machine, TIME, samples);
    }

    private static String report(Report.Format format, SpeedResult... results) {
        StringWriter text = new StringWriter();
        List<SpeedTest> tests = List.of(results).stream().map(SpeedResult::test).toList();
        Report report = Report.of(format, new PrintWriter(text), tests);
        List.of(results).forEach(report::add);
        report.end();
        return text.toString();
    }

    @Test
    void markdownHasTheColumnsOfLlamaBench() {
        String expected =
                """
                | model                          |       size |     params | backend    | threads |            test |                  t/s |
                | ------------------------------ | ---------: | ---------: | ---------- | ------: | --------------: | -------------------: |
                | llama 1B Q4_0                  | 695.30 MiB |     1.24 B | CPU        |       2 |           pp512 |       115.20 ± 18.10 |
                | llama 1B Q4_0                  | 695.30 MiB |     1.24 B | CPU        |       2 |    tg64 @ d1024 |         14.40 ± 2.26 |
                | llama 1B Q4_0                  | 695.30 MiB |     1.24 B | CPU        |       2 |      pp512+tg64 |       129.60 ± 20.36 |

                build: twinbolt-%s (0)
                """
                        .formatted(Version.text());
        assertEquals(
                expected,
                report(
                        Report.Format.MD,
                        result(CPU, 0, 512, 0, List.of()),
                        result(CPU, 1024, 0, 64, List.of()),
                        result(CPU, 0, 512, 64, List.of())));
    }

    @Test
    void markdownShowsWhatDiffersFromTheDefault() {
        String header =
                report(
                                Report.Format.MD,
                                result(
                                        REMOTE,
                                        0,
                                        512,
                                        0,
                                        List.of(9.0, 11.0),
                                        new CacheTypes(TensorType.F16, TensorType.Q8_0)))
                        .lines()
                        .toList()
                        .getFirst();
        assertEquals(
                "| model                          |       size |     params | backend    | ngl |"
                        + " threads | type_v | ts           |            test |                  t/s |",
                header);
    }

    @Test
    void andWhichNodesAndLinks() {
        Cluster.Shape cluster = new Cluster.Shape(List.of(), 2, 3, "1ms, 10Gbit");
        SpeedTest.Setup setup =
                new SpeedTest.Setup(
                        Path.of("a.gguf"), cluster, List.of(), 512, CacheTypes.DEFAULT, 2, 1);
        Samples samples = new Samples(1, List.of(1_000_000_000L));
        SpeedResult result =
                new SpeedResult(new SpeedTest(setup, 0, 0, 1), MODEL, REMOTE, TIME, samples);
        List<String> lines = report(Report.Format.MD, result).lines().toList();
        assertTrue(lines.get(0).contains("| nodes | n_node_thr | link           |"), lines.get(0));
        assertTrue(lines.get(2).contains("|     2 |          3 | 1ms, 10Gbit    |"), lines.get(2));
    }

    /// llama-bench's fields in its order, without `poll` and with ours.
    @Test
    void jsonHasTheFieldsOfLlamaBench() {
        String text =
                report(
                        Report.Format.JSON,
                        result(CPU, 0, 512, 0, List.of()),
                        result(CPU, 0, 0, 64, List.of()));
        JsonArray array = JsonParser.parseString(text).getAsJsonArray();
        assertEquals(2, array.size());
        JsonObject first = array.get(0).getAsJsonObject();
        assertEquals(
                "build_commit build_number cpu_info gpu_info backends model_filename model_type"
                        + " model_size model_n_params n_batch n_ubatch n_threads cpu_mask cpu_strict"
                        + " type_k type_v n_gpu_layers n_cpu_moe split_mode main_gpu no_kv_offload"
                        + " flash_attn devices tensor_split tensor_buft_overrides load_mode embeddings"
                        + " no_op_offload no_host fit_target fit_min_ctx n_prompt n_gen n_depth"
                        + " n_parallel n_nodes n_node_threads link test_time avg_ns stddev_ns avg_ts"
                        + " stddev_ts samples_ns samples_ts",
                String.join(" ", first.keySet()));
        assertEquals("A \"fast\" CPU", first.get("cpu_info").getAsString());
        assertEquals("a\\b.gguf", first.get("model_filename").getAsString());
        assertEquals("2026-01-02T03:04:05Z", first.get("test_time").getAsString());
        assertEquals(4_500_000_000L, first.get("avg_ns").getAsLong());
        assertEquals(115.2, first.get("avg_ts").getAsDouble());
        assertEquals(5_000_000_000L, first.get("samples_ns").getAsJsonArray().get(0).getAsLong());
        assertEquals(128, first.get("samples_ts").getAsJsonArray().get(1).getAsDouble());
        assertFalse(first.get("cpu_strict").getAsBoolean());
    }

    @Test
    void jsonLinesAreAnObjectEach() {
        SpeedResult result = result(CPU, 0, 512, 0, List.of(9.0, 11.0));
        List<String> lines = report(Report.Format.JSONL, result, result).lines().toList();
        assertEquals(2, lines.size());
        JsonObject object = JsonParser.parseString(lines.get(1)).getAsJsonObject();
        assertEquals("9.00/11.00", object.get("tensor_split").getAsString());
    }

    @Test
    void csvQuotesEveryValue() {
        List<String> lines =
                report(Report.Format.CSV, result(CPU, 0, 512, 0, List.of())).lines().toList();
        assertEquals(2, lines.size());
        assertEquals(43, lines.get(0).split(",").length);
        assertEquals(43, lines.get(1).split("\",\"").length);
        assertEquals(true, lines.get(1).contains(",\"A \"\"fast\"\" CPU\",\"\",\"CPU\","));
        assertEquals(true, lines.get(1).endsWith(",\"115.200000\",\"18.101934\""));
    }
}
