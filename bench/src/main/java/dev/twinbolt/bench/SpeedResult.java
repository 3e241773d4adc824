package dev.twinbolt.bench;

import dev.twinbolt.cli.CacheTypesOption;
import dev.twinbolt.cli.Version;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// A test with what was measured, as the fields of llama-bench's JSON and CSV.
record SpeedResult(
        SpeedTest test, ModelFacts model, MachineFacts machine, Instant time, Samples samples) {
    /// Stands where llama-bench names a commit.
    static String build() {
        return "twinbolt-" + Version.text();
    }

    /// By name in llama-bench's order; a value is a [String], [Boolean], [Long], [Integer] or
    /// [Double].
    Map<String, Object> fields() {
        SpeedTest.Setup setup = test.setup();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("build_commit", build());
        fields.put("build_number", 0);
        fields.put("cpu_info", machine.cpu());
        fields.put("gpu_info", machine.others());
        fields.put("backends", machine.backends());
        fields.put("model_filename", setup.model().toString());
        fields.put("model_type", model.type());
        fields.put("model_size", model.sizeBytes());
        fields.put("model_n_params", model.parameterCount());
        fields.put("n_batch", setup.microBatch());
        fields.put("n_ubatch", setup.microBatch());
        fields.put("n_threads", setup.threads());
        fields.put("cpu_mask", "0x0");
        fields.put("cpu_strict", false);
        fields.put("type_k", CacheTypesOption.name(setup.cacheTypes().k()));
        fields.put("type_v", CacheTypesOption.name(setup.cacheTypes().v()));
        fields.put("n_gpu_layers", -1);
        fields.put("n_cpu_moe", 0);
        fields.put("split_mode", "layer");
        fields.put("main_gpu", 0);
        fields.put("no_kv_offload", false);
        fields.put("flash_attn", 1);
        fields.put("devices", "auto");
        fields.put("tensor_split", tensorSplit());
        fields.put("tensor_buft_overrides", "none");
        fields.put("load_mode", "mmap");
        fields.put("embeddings", false);
        fields.put("no_op_offload", 0);
        fields.put("no_host", false);
        fields.put("fit_target", 0);
        fields.put("fit_min_ctx", 0);
        fields.put("n_prompt", test.promptTokens());
        fields.put("n_gen", test.generatedTokens());
        fields.put("n_depth", test.depth());
        fields.put("n_parallel", setup.conversations());
        fields.put("n_nodes", setup.cluster().nodes());
        fields.put("n_node_threads", setup.cluster().nodeThreads());
        fields.put("link", setup.cluster().link());
        fields.put("test_time", time.truncatedTo(ChronoUnit.SECONDS).toString());
        fields.put("avg_ns", Math.round(samples.meanNanos()));
        fields.put("stddev_ns", Math.round(samples.deviationNanos()));
        fields.put("avg_ts", samples.meanRate());
        fields.put("stddev_ts", samples.deviationRate());
        return fields;
    }

    String tensorSplit() {
        List<Double> shares = test.setup().tensorSplit();
        return shares.isEmpty()
                ? "0.00"
                : shares.stream()
                        .map(share -> String.format(Locale.ROOT, "%.2f", share))
                        .collect(Collectors.joining("/"));
    }
}
