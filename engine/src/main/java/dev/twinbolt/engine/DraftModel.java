package dev.twinbolt.engine;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.draft.Drafter;
import dev.twinbolt.engine.draft.ModelDrafter;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.pipeline.Capacity;
import dev.twinbolt.engine.pipeline.DeviceFacts;
import dev.twinbolt.engine.pipeline.Layout;
import dev.twinbolt.engine.pipeline.LoadProgress;
import dev.twinbolt.engine.pipeline.ModelCost;
import dev.twinbolt.engine.pipeline.Pipeline;
import dev.twinbolt.engine.pipeline.Placement;
import dev.twinbolt.engine.pipeline.PlacementRequest;
import dev.twinbolt.engine.pipeline.Recovery;
import dev.twinbolt.engine.text.Tokenizer;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.util.List;

/// A small model on the host's CPU that guesses what the large one says next.
final class DraftModel implements AutoCloseable {
    private final GgufFile file;
    private final Placement.Stage stage;
    private final Pipeline pipeline;

    private DraftModel(GgufFile file, Placement.Stage stage, Pipeline pipeline) {
        this.file = file;
        this.stage = stage;
        this.pipeline = pipeline;
    }

    /// Loads the model of `path` for as many conversations as `capacity` has, with F16 caches.
    /// Throws [dev.twinbolt.engine.model.ModelException] where its tokens are not those of
    /// `tokenizer`.
    static DraftModel load(Path path, Tokenizer tokenizer, Devices devices, Capacity capacity) {
        GgufFile file = GgufFile.open(path);
        try {
            Model model = Model.of(file);
            ModelDrafter.checkSameTokens(
                    Tokenizer.of(file.metadata()).vocabulary(), tokenizer.vocabulary());
            Device host = devices.list().getLast();
            Capacity own =
                    new Capacity(
                            capacity.contextLength(),
                            capacity.microBatch(),
                            capacity.conversations());
            Placement placement =
                    Placement.plan(
                            ModelCost.of(model, own),
                            List.of(DeviceFacts.of(host, true)),
                            new PlacementRequest(List.of(), Integer.MAX_VALUE));
            return new DraftModel(
                    file,
                    placement.stages().getFirst(),
                    Pipeline.load(
                            file,
                            model,
                            new Layout(placement, List.of(host)),
                            own,
                            LoadProgress.SILENT,
                            Recovery.NONE));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /// What it takes of the host's memory beside its weights, which are its file's pages.
    long otherBytes() {
        return stage.kvBytes() + stage.computeBytes();
    }

    /// A line for people.
    String describe() {
        return "draft model %s on %s: weights %s, KV %s, buffers %s"
                .formatted(
                        pipeline.model().name(),
                        stage.facts().name(),
                        Placement.bytes(stage.weightBytes()),
                        Placement.bytes(stage.kvBytes()),
                        Placement.bytes(stage.computeBytes()));
    }

    /// For one conversation.
    Drafter drafter() {
        return new ModelDrafter(pipeline.openSession());
    }

    /// Throws [dev.twinbolt.gguf.GgufException] where the file is no longer whole.
    void checkFile() {
        file.checkIntact();
    }

    @Override
    public void close() {
        pipeline.close();
        file.close();
    }
}
