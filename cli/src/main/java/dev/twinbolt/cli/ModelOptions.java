package dev.twinbolt.cli;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.pipeline.LoadProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model, with how much room, on which devices.
final class ModelOptions {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            description = "the model, a GGUF file; the first one of a split model")
    private @Nullable Path model;

    @Option(
            names = {"-c", "--ctx-size"},
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "tokens the context holds; 0 for the model's own, at most 4096 (${DEFAULT-VALUE})")
    private int contextLength;

    @Option(
            names = {"-ub", "--ubatch-size"},
            paramLabel = "N",
            defaultValue = "512",
            description = "the most tokens of a prompt computed in one pass (${DEFAULT-VALUE})")
    private int microBatch;

    @Mixin private final CacheTypesOption cacheTypes = new CacheTypesOption();

    @Mixin private final ThreadsOption threads = new ThreadsOption();

    @Option(
            names = "--rpc",
            paramLabel = "HOST:PORT,...",
            description =
                    "nodes to use, separated by commas: engine-node or llama.cpp's rpc-server")
    private List<String> endpoints = new ArrayList<>();

    @Option(
            names = {"-ts", "--tensor-split"},
            paramLabel = "SHARES",
            description =
                    "shares of the layers, such as 9,11: the nodes in their order, then local devices, the local"
                            + " CPU last (default: what is predicted to be fastest)")
    private @Nullable String tensorSplit;

    @Option(
            names = {"-sm", "--split-mode"},
            paramLabel = "MODE",
            defaultValue = "layer",
            description = "how a model is cut: layer (${DEFAULT-VALUE})")
    private String splitMode = "layer";

    @Option(
            names = {"-ngl", "--gpu-layers", "--n-gpu-layers"},
            paramLabel = "N",
            defaultValue = "all",
            description =
                    "the most layers that may leave the local CPU; all, auto or a negative number"
                            + " for no limit (${DEFAULT-VALUE})")
    private String offloadedLayers = "all";

    @Option(
            names = "--require-nodes",
            paramLabel = "N",
            defaultValue = "0",
            description = "fail where fewer than N nodes would get layers (${DEFAULT-VALUE})")
    private int requiredNodes;

    @Option(
            names = {"-v", "--verbose"},
            description = "stack traces with errors")
    private boolean isVerbose;

    boolean isVerbose() {
        return isVerbose;
    }

    boolean namesModelNodesOrSplit() {
        return model != null
                || !endpoints.isEmpty()
                || tensorSplit != null
                || maxOffloadedLayers() != Integer.MAX_VALUE;
    }

    boolean namesNodes() {
        return !endpoints.isEmpty();
    }

    DeviceConfig deviceConfig() {
        return new DeviceConfig(threads.count(), Arguments.parts(endpoints));
    }

    /// The file of `-m`, which has to be there; else `advice` says what to type.
    Path model(String advice) {
        if (model == null) {
            throw new UsageException("no model: type " + advice);
        }
        if (model.toString().isEmpty()) {
            throw new UsageException("-m '': expected the name of a GGUF file");
        }
        return model;
    }

    /// An engine of the model at `path`, which need not be that of `-m`.
    EngineBuilder builder(Path path) {
        checkSplitMode();
        if (contextLength < 0) {
            throw new UsageException(
                    "-c %d: expected a number of tokens, or 0 for the model's own"
                            .formatted(contextLength));
        }
        EngineBuilder builder =
                Engine.builder()
                        .model(path)
                        .contextLength(contextLength)
                        .microBatch(microBatch)
                        .cacheTypes(cacheTypes.types())
                        .threads(threads.count())
                        .rpc(Arguments.parts(endpoints).toArray(new String[0]))
                        .maxOffloadedLayers(maxOffloadedLayers())
                        .requireNodes(requiredNodes())
                        .messages(System.err::println)
                        .progress(
                                Terminal.showsErrors()
                                        ? new LoadBar(Terminal.columns())
                                        : LoadProgress.SILENT);
        return tensorSplit == null ? builder : builder.tensorSplit(shares(tensorSplit));
    }

    private void checkSplitMode() {
        switch (splitMode) {
            case "layer" -> {}
            case "row", "tensor" ->
                    throw new UsageException(
                            "-sm %s: only layer; %s synchronises the machines in every layer, which the link between them is too slow for"
                                    .formatted(splitMode, splitMode));
            case "none" ->
                    throw new UsageException(
                            "-sm none: only layer; to use one device give it all layers, as -ts 1,0 does");
            default -> throw new UsageException("-sm %s: expected layer".formatted(splitMode));
        }
    }

    private int maxOffloadedLayers() {
        if (offloadedLayers.equals("all") || offloadedLayers.equals("auto")) {
            return Integer.MAX_VALUE;
        }
        try {
            int layers = Integer.parseInt(offloadedLayers);
            return layers < 0 ? Integer.MAX_VALUE : layers;
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "-ngl %s: expected a number of layers, auto or all".formatted(offloadedLayers));
        }
    }

    private int requiredNodes() {
        if (requiredNodes < 0) {
            throw new UsageException(
                    "--require-nodes %d: expected 0 or more".formatted(requiredNodes));
        }
        return requiredNodes;
    }

    private static double[] shares(String text) {
        String[] parts = text.split("[,/]", -1);
        double[] shares = new double[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                shares[i] = Double.parseDouble(parts[i].trim());
            } catch (NumberFormatException e) {
                throw new UsageException(
                        "-ts %s: expected numbers separated by commas".formatted(text));
            }
            if (!(shares[i] >= 0) || Double.isInfinite(shares[i])) {
                throw new UsageException("-ts %s: shares are 0 or more".formatted(text));
            }
        }
        return shares;
    }
}
