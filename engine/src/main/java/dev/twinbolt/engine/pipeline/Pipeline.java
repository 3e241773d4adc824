package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.GgufFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/// A model loaded over devices as a placement says: stages in a row, each handing its activations
/// to the next. Owns the weights on the devices, not the devices and not the file.
public final class Pipeline implements AutoCloseable {
    private final Model model;
    private final List<Stage> stages;
    private final CompletableFuture<?> loss;

    private Pipeline(Model model, List<Stage> stages) {
        this.model = model;
        this.stages = stages;
        this.loss =
                CompletableFuture.anyOf(
                        stages.stream()
                                .map(Stage::device)
                                .distinct()
                                .map(Device::loss)
                                .toArray(CompletableFuture<?>[]::new));
    }

    /// Loads the weights. `devices` is the list that `placement` was planned for; `file` stays open
    /// as long as the pipeline, since a local device may compute on the mapped bytes.
    public static Pipeline load(
            GgufFile file,
            Model model,
            Placement placement,
            List<Device> devices,
            LoadProgress progress) {
        long total = placement.stages().stream().mapToLong(Placement.Stage::weightBytes).sum();
        long[] done = {0};
        LongConsumer step =
                size -> {
                    done[0] += size;
                    progress.loaded(done[0], total);
                };
        List<Stage> stages = new ArrayList<>();
        try {
            for (Placement.Stage stage : placement.stages()) {
                Device device = devices.get(stage.device());
                stages.add(Stage.load(file, model, device, stage.range(), step));
            }
        } catch (RuntimeException e) {
            stages.forEach(Stage::close);
            throw e;
        }
        return new Pipeline(model, List.copyOf(stages));
    }

    public Model model() {
        return model;
    }

    /// A conversation of up to `contextLength` tokens, fed in passes of up to `microBatch`.
    public Session openSession(int contextLength, int microBatch) {
        if (contextLength < 1 || microBatch < 1) {
            throw new IllegalArgumentException(
                    "context %d and micro-batch %d have to be at least 1"
                            .formatted(contextLength, microBatch));
        }
        int vocabSize = model.architecture().vocabSize();
        return new Session(stages, loss, contextLength, microBatch, vocabSize);
    }

    @Override
    public void close() {
        stages.forEach(Stage::close);
    }
}
