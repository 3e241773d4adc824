package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceConfig;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.pipeline.CacheTypes;
import dev.twinbolt.engine.pipeline.Capacity;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.LoadProgress;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.PassStats;
import dev.twinbolt.engine.pipeline.Pipeline;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.speed.SpeedCache;
import dev.twinbolt.engine.text.Tokenizer;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What an engine loads and where. Each setter returns the builder.
public final class EngineBuilder {
    private static final int DEFAULT_CONTEXT = 4096;

    /// Far beyond what a model is trained for, and few enough that no sum of sizes overflows.
    private static final int MAX_CONTEXT = 1 << 24;

    private static final int MAX_CONVERSATIONS = 256;

    private @Nullable Path model;
    private @Nullable Path draftModel;
    private int contextLength;
    private int microBatch = 512;
    private int conversations = 1;
    private CacheTypes cacheTypes = CacheTypes.DEFAULT;
    private int threads;
    private List<String> endpoints = List.of();
    private List<Double> tensorSplit = List.of();
    private int maxOffloadedLayers = Integer.MAX_VALUE;
    private int requiredNodes;
    private boolean measuresAnew;
    private NodeLossPolicy onNodeLoss = NodeLossPolicy.FAIL;
    private @Nullable SavedSession saved;
    private @Nullable Duration replyTimeout;
    private LoadProgress progress = LoadProgress.SILENT;
    private Consumer<String> messages = _ -> {};
    private @Nullable Consumer<PassStats> onPass;

    EngineBuilder() {}

    /// The GGUF file; the first one of a split model.
    public EngineBuilder model(Path model) {
        this.model = model;
        return this;
    }

    /// A small model of the same vocabulary, computed by the host's CPU, which drafts what
    /// [GenerateOptions#draftTokens()] asks for. Without one a draft is what followed the last few
    /// tokens where they stood before.
    public EngineBuilder draftModel(Path draftModel) {
        this.draftModel = draftModel;
        return this;
    }

    /// Tokens that a conversation may hold; 0, the default, for the model's own up to 4096.
    public EngineBuilder contextLength(int contextLength) {
        this.contextLength = contextLength;
        return this;
    }

    /// The most tokens fed in one pass, 512 where not set.
    public EngineBuilder microBatch(int microBatch) {
        this.microBatch = microBatch;
        return this;
    }

    /// Conversations that may be open at once, 1 where not set. Those that generate at the same
    /// time share passes, and keep the stages of a split model busy.
    public EngineBuilder conversations(int conversations) {
        this.conversations = conversations;
        return this;
    }

    /// How K and V are cached, F16 where not set. Planning and loading fail with
    /// [IllegalArgumentException] where the model's head size does not allow it.
    public EngineBuilder cacheTypes(CacheTypes cacheTypes) {
        this.cacheTypes = cacheTypes;
        return this;
    }

    /// Threads of the CPU device, up to 512; 0, the default, for as many as this process may use.
    public EngineBuilder threads(int threads) {
        this.threads = threads;
        return this;
    }

    /// Nodes as `host:port`, in the order in which they get layers.
    public EngineBuilder rpc(String... endpoints) {
        this.endpoints = List.of(endpoints);
        return this;
    }

    /// Shares of the layers: the nodes in their order, then local devices, the host's CPU last.
    public EngineBuilder tensorSplit(double... shares) {
        this.tensorSplit = Arrays.stream(shares).boxed().toList();
        return this;
    }

    /// The most layers that may leave the host's CPU.
    public EngineBuilder maxOffloadedLayers(int maxOffloadedLayers) {
        this.maxOffloadedLayers = maxOffloadedLayers;
        return this;
    }

    /// Nodes that have to get layers; where fewer would, planning and loading fail with
    /// [dev.twinbolt.engine.pipeline.PlacementException.TooFewNodes].
    public EngineBuilder requireNodes(int requiredNodes) {
        this.requiredNodes = requiredNodes;
        return this;
    }

    /// Measures all devices for the plan, also those whose speed is remembered.
    public EngineBuilder measureAnew() {
        this.measuresAnew = true;
        return this;
    }

    /// What to do when a node is lost, [NodeLossPolicy#FAIL] where not set.
    public EngineBuilder onNodeLoss(NodeLossPolicy onNodeLoss) {
        this.onNodeLoss = onNodeLoss;
        return this;
    }

    /// What a conversation will be restored from: loading fails with
    /// [dev.twinbolt.engine.pipeline.SessionFileException], before anything is loaded, where
    /// [Engine#restoreConversation] would.
    public EngineBuilder restoring(SavedSession saved) {
        this.saved = saved;
        return this;
    }

    /// How long a node may take for a pass before it counts as lost. Where not set it is ten times
    /// what is predicted, and ten seconds, for a server that does not tell whether it lives, as
    /// stock ones, or five minutes where nothing is predicted; else there is no limit.
    public EngineBuilder replyTimeout(Duration replyTimeout) {
        if (replyTimeout.isNegative() || replyTimeout.isZero()) {
            throw new IllegalArgumentException(
                    "reply timeout: expected more than 0 seconds, got "
                            + replyTimeout.toMillis() / 1e3);
        }
        this.replyTimeout = replyTimeout;
        return this;
    }

    /// Is given lines for people, such as that devices are measured before the plan, or that a node
    /// is lost; by any thread.
    public EngineBuilder messages(Consumer<String> messages) {
        this.messages = messages;
        return this;
    }

    /// Is told of the weights' loading.
    public EngineBuilder progress(LoadProgress progress) {
        this.progress = progress;
        return this;
    }

    /// Is told of each forward pass, on a thread that must not be kept; what it throws is a failure
    /// of the conversations in that pass.
    public EngineBuilder onPass(Consumer<PassStats> onPass) {
        this.onPass = onPass;
        return this;
    }

    /// Says what [#load()] would load where. Asks the nodes for their memory, measures devices
    /// whose speed is not remembered, and loads nothing.
    public Plan plan() {
        try (GgufFile file = GgufFile.openHeader(path());
                Devices devices = openDevices()) {
            Model model = Model.of(file);
            return plan(model, capacity(model), devices, Map.of(), null, request(), true);
        }
    }

    /// As [#plan()], for devices that are only described, the host the last: nothing is opened or
    /// measured. `descriptions` are lines for people on each.
    public Plan plan(List<DeviceFacts> described, List<String> descriptions) {
        try (GgufFile file = GgufFile.openHeader(path())) {
            Model model = Model.of(file);
            Capacity capacity = capacity(model);
            return Plan.of(ModelCost.of(model, capacity), described, descriptions, request());
        }
    }

    /// Opens the devices, plans, and brings the weights to their devices.
    public Engine load() {
        return load((_, _) -> {});
    }

    /// As [#load()]; `onPlan` is shown the plan, and may ask the tokenizer, before anything is
    /// loaded. What it throws ends the load.
    public Engine load(BiConsumer<Plan, Tokenizer> onPlan) {
        GgufFile file = GgufFile.open(path());
        Devices devices = null;
        DraftModel draft = null;
        try {
            Model model = Model.of(file);
            Tokenizer tokenizer = Tokenizer.of(file.metadata());
            Capacity capacity = capacity(model);
            if (saved != null) {
                saved.check(file.fingerprint(), model, capacity);
            }
            devices = openDevices();
            if (draftModel != null) {
                draft = DraftModel.load(draftModel, tokenizer, devices, capacity);
            }
            Plan plan = plan(model, capacity, devices, Map.of(), draft, request(), false);
            onPlan.accept(plan, tokenizer);
            NodeLoss nodeLoss = nodeLoss(model, capacity, devices, draft, plan);
            Pipeline pipeline =
                    Pipeline.load(file, model, nodeLoss.layout(), capacity, progress, nodeLoss);
            if (onPass != null) {
                pipeline.onPass(onPass);
            }
            return new Engine(file, devices, pipeline, draft, tokenizer, nodeLoss);
        } catch (RuntimeException | Error e) {
            if (draft != null) {
                draft.close();
            }
            if (devices != null) {
                devices.close();
            }
            file.close();
            throw e;
        }
    }

    private Path path() {
        if (model == null) {
            throw new IllegalStateException("no model was named: call model(path)");
        }
        return model;
    }

    private Devices openDevices() {
        return Devices.open(new DeviceConfig(threads, endpoints));
    }

    private Capacity capacity(Model model) {
        int trained = model.architecture().contextLength();
        int context = contextLength == 0 ? Math.min(trained, DEFAULT_CONTEXT) : contextLength;
        if (context < 1 || context > MAX_CONTEXT) {
            throw new IllegalArgumentException(
                    "context %d: expected 1 to %d tokens, or 0 for the model's own"
                            .formatted(context, MAX_CONTEXT));
        }
        if (microBatch < 1) {
            throw new IllegalArgumentException(
                    "micro-batch %d: expected 1 token or more".formatted(microBatch));
        }
        if (conversations < 1 || conversations > MAX_CONVERSATIONS) {
            throw new IllegalArgumentException(
                    "conversations %d: expected 1 to %d"
                            .formatted(conversations, MAX_CONVERSATIONS));
        }
        return new Capacity(context, microBatch, conversations, cacheTypes);
    }

    private PlacementRequest request() {
        return new PlacementRequest(tensorSplit, maxOffloadedLayers, requiredNodes);
    }

    /// Where a node is lost, shares that were given no longer fit the devices.
    private NodeLoss nodeLoss(
            Model model,
            Capacity capacity,
            Devices devices,
            @Nullable DraftModel draft,
            Plan plan) {
        PlacementRequest left = new PlacementRequest(List.of(), maxOffloadedLayers, requiredNodes);
        return new NodeLoss(
                onNodeLoss,
                devices,
                plan,
                (remaining, held) -> plan(model, capacity, remaining, held, draft, left, false),
                replyTimeout,
                messages);
    }

    /// Speeds are measured where a plan is asked for, or where they decide. `held` is what is going
    /// to be given back of a device's memory; `draft` takes of the host's.
    private Plan plan(
            Model model,
            Capacity capacity,
            Devices devices,
            Map<Device, Long> held,
            @Nullable DraftModel draft,
            PlacementRequest request,
            boolean isAsked) {
        boolean decides = devices.list().size() > 1 && request.tensorSplit().isEmpty();
        ModelCost cost = ModelCost.of(model, capacity);
        Speeds.Effort effort =
                measuresAnew
                        ? Speeds.Effort.ALL
                        : isAsked || decides ? Speeds.Effort.UNKNOWN : Speeds.Effort.NONE;
        Speeds speeds = new Speeds(cost.mainType(), effort, SpeedCache.ofUser(), messages);
        List<DeviceFacts> facts = devices.facts(speeds, held);
        List<String> lines = devices.describe(facts);
        Instant oldest = speeds.oldest();
        if (isAsked && oldest != null) {
            lines.add(
                    "speeds as measured on %s"
                            .formatted(LocalDate.ofInstant(oldest, ZoneId.systemDefault())));
        }
        if (draft != null) {
            facts.add(facts.removeLast().withMoreFree(-draft.otherBytes()));
            lines.add(draft.describe());
        }
        return Plan.of(cost, facts, lines, request);
    }
}
