package dev.twinbolt.bench;

import dev.twinbolt.cli.Arguments;
import dev.twinbolt.cli.CacheTypesOption;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.gguf.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/// The options of a speed test, with llama-bench's names, defaults and lists of values: every
/// combination is a test.
final class SpeedOptions {
    /// Each is a JVM of its own.
    private static final int MAX_NODES = 64;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            description = "the models, GGUF files; this and the options below take lists")
    private List<Path> models = new ArrayList<>();

    @Option(
            names = {"-p", "--n-prompt"},
            paramLabel = "N",
            description = "measure a prompt of N tokens; 0 for none (512)")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = {"-n", "--n-gen"},
            paramLabel = "N",
            description = "measure the generation of N tokens; 0 for none (128)")
    private List<String> generations = new ArrayList<>();

    @Option(
            names = "-pg",
            paramLabel = "P,N",
            description = "measure a prompt of P tokens and N generated ones together")
    private List<String> pairs = new ArrayList<>();

    @Option(
            names = {"-d", "--n-depth"},
            paramLabel = "N",
            description = "tokens in the context beforehand (0)")
    private List<String> depths = new ArrayList<>();

    @Option(
            names = {"-ub", "--ubatch-size"},
            paramLabel = "N",
            description = "the most tokens of a prompt computed in one pass (512)")
    private List<String> microBatches = new ArrayList<>();

    @Option(
            names = {"-ctk", "--cache-type-k"},
            paramLabel = "TYPE,...",
            description = "how K is cached: f16 or q8_0 (f16)")
    private List<String> typesK = new ArrayList<>();

    @Option(
            names = {"-ctv", "--cache-type-v"},
            paramLabel = "TYPE,...",
            description = "how V is cached: f16 or q8_0 (f16)")
    private List<String> typesV = new ArrayList<>();

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "CPU threads, at most 512 (the cores this process may use)")
    private List<String> threads = new ArrayList<>();

    @Option(
            names = {"-np", "--parallel"},
            paramLabel = "N",
            description = "conversations at once, each of the tokens that -p, -n and -d say (1)")
    private List<String> conversations = new ArrayList<>();

    @Option(
            names = {"-rpc", "--rpc"},
            paramLabel = "HOST:PORT,...",
            description = "nodes to use, all of them in every test")
    private List<String> endpoints = new ArrayList<>();

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description =
                    "nodes to start on this machine, each a process of its own, at most 64 (0)")
    private List<String> nodes = new ArrayList<>();

    @Option(
            names = "--node-threads",
            paramLabel = "N",
            description = "CPU threads of each of these nodes, at most 512 (1)")
    private List<String> nodeThreads = new ArrayList<>();

    @Option(
            names = "--link",
            paramLabel = "TEXT",
            description =
                    "an emulated link to each node: round trip and throughput, such as \"1ms,"
                            + " 10Gbit\", or none; given again it is another test (none)")
    private List<String> links = new ArrayList<>();

    @Option(
            names = {"-ts", "--tensor-split"},
            paramLabel = "SHARES,...",
            description =
                    "shares of the layers, such as 9/11: the nodes in their order, then local"
                            + " devices, the local CPU last; 0 for the split that is predicted to be fastest (0)")
    private List<String> tensorSplits = new ArrayList<>();

    /// All combinations, in an order that loads each model as seldom as possible.
    List<SpeedTest> tests() {
        if (models.isEmpty()) {
            throw new IllegalArgumentException(
                    "no model: type engine-bench -m FILE.gguf, or engine-bench make to get one");
        }
        List<SpeedTest> tests = new ArrayList<>();
        for (Path model : models) {
            for (Cluster.Shape cluster : clusters()) {
                for (List<Double> split : splits()) {
                    for (CacheTypes types : cacheTypes()) {
                        addTests(tests, model, cluster, split, types);
                    }
                }
            }
        }
        if (tests.isEmpty()) {
            throw new IllegalArgumentException("-p 0 -n 0 leaves nothing to measure");
        }
        return tests;
    }

    private void addTests(
            List<SpeedTest> tests,
            Path model,
            Cluster.Shape cluster,
            List<Double> split,
            CacheTypes types) {
        for (int microBatch : numbers("-ub", microBatches, "512", 1)) {
            for (int count : threads("-t", threads, LimitsCommand.defaultThreads())) {
                for (int parallel : numbers("-np", conversations, "1", 1)) {
                    addTests(
                            tests,
                            new SpeedTest.Setup(
                                    model, cluster, split, microBatch, types, count, parallel));
                }
            }
        }
    }

    private void addTests(List<SpeedTest> tests, SpeedTest.Setup setup) {
        for (int depth : numbers("-d", depths, "0", 0)) {
            for (int prompt : numbers("-p", prompts, "512", 0)) {
                add(tests, new SpeedTest(setup, depth, prompt, 0));
            }
            for (int generation : numbers("-n", generations, "128", 0)) {
                add(tests, new SpeedTest(setup, depth, 0, generation));
            }
            for (String pair : pairs) {
                List<Integer> numbers = NumberList.parse("-pg", pair, 0);
                if (numbers.size() != 2) {
                    throw new IllegalArgumentException(
                            "-pg %s: expected two numbers, such as 512,128".formatted(pair));
                }
                add(tests, new SpeedTest(setup, depth, numbers.get(0), numbers.get(1)));
            }
        }
    }

    private static void add(List<SpeedTest> tests, SpeedTest test) {
        if (test.tokens() > 0) {
            tests.add(test);
        }
    }

    private static List<Integer> numbers(
            String option, List<String> given, String fallback, int least) {
        String text = given.isEmpty() ? fallback : String.join(",", given);
        return NumberList.parse(option, text, least);
    }

    private static List<Integer> threads(String option, List<String> given, int fallback) {
        List<Integer> counts = numbers(option, given, Integer.toString(fallback), 1);
        for (int count : counts) {
            if (count > DeviceConfig.MAX_THREADS) {
                throw new IllegalArgumentException(
                        "%s %d: expected 1 to %d threads"
                                .formatted(option, count, DeviceConfig.MAX_THREADS));
            }
        }
        return counts;
    }

    private List<CacheTypes> cacheTypes() {
        List<CacheTypes> all = new ArrayList<>();
        for (TensorType k : types("-ctk", typesK)) {
            for (TensorType v : types("-ctv", typesV)) {
                all.add(new CacheTypes(k, v));
            }
        }
        return all;
    }

    private static List<TensorType> types(String option, List<String> names) {
        return names.isEmpty()
                ? List.of(TensorType.F16)
                : Arguments.parts(names).stream()
                        .map(name -> CacheTypesOption.parse(option, name))
                        .toList();
    }

    private Set<Cluster.Shape> clusters() {
        Set<Cluster.Shape> clusters = new LinkedHashSet<>();
        for (int count : numbers("--nodes", nodes, "0", 0)) {
            if (count > MAX_NODES) {
                throw new IllegalArgumentException(
                        "--nodes %d: expected 0 to %d".formatted(count, MAX_NODES));
            }
            for (int each : threads("--node-threads", nodeThreads, 1)) {
                for (String link : links.isEmpty() ? List.of(Cluster.NO_LINK) : links) {
                    clusters.add(Cluster.Shape.of(Arguments.parts(endpoints), count, each, link));
                }
            }
        }
        if (!links.isEmpty() && clusters.stream().allMatch(c -> c.equals(Cluster.Shape.LOCAL))) {
            throw new IllegalArgumentException(
                    "--link %s: there is no node behind it; add --nodes 1 or --rpc"
                            .formatted(links.getFirst()));
        }
        return clusters;
    }

    private List<List<Double>> splits() {
        return tensorSplits.isEmpty()
                ? List.of(List.of())
                : Arguments.parts(tensorSplits).stream().map(SpeedOptions::split).toList();
    }

    private static List<Double> split(String text) {
        List<Double> shares = new ArrayList<>();
        for (String part : text.split("/", -1)) {
            try {
                shares.add(Double.parseDouble(part.trim()));
            } catch (NumberFormatException e) {
                shares.add(Double.NaN);
            }
            if (!(shares.getLast() >= 0) || Double.isInfinite(shares.getLast())) {
                throw new IllegalArgumentException(
                        "-ts %s: expected shares of 0 or more separated by slashes, such as 9/11"
                                .formatted(text));
            }
        }
        boolean isByMemory = shares.stream().allMatch(share -> share == 0);
        return isByMemory ? List.of() : List.copyOf(shares);
    }
}
