package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.GgufFile;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/// A model loaded over devices as a placement says: stages in a row, each handing its activations
/// to the next. Owns the weights and the KV cache on the devices, not the devices and not the file.
public final class Pipeline implements AutoCloseable {
    private final Model model;
    private final List<Stage> stages;
    private final Scheduler scheduler;
    private final Capacity capacity;
    private final BitSet takenSlots = new BitSet();

    private Pipeline(Model model, List<Stage> stages, Scheduler scheduler, Capacity capacity) {
        this.model = model;
        this.stages = stages;
        this.scheduler = scheduler;
        this.capacity = capacity;
    }

    /// Loads the weights and makes room for the conversations. `devices` is the list that
    /// `placement` was planned for; `file` stays open as long as the pipeline, since a local device
    /// may compute on the mapped bytes.
    public static Pipeline load(
            GgufFile file,
            Model model,
            Placement placement,
            List<Device> devices,
            Capacity capacity,
            LoadProgress progress) {
        long total = placement.stages().stream().mapToLong(Placement.Stage::weightBytes).sum();
        long[] done = {0};
        LongConsumer step =
                size -> {
                    done[0] += size;
                    progress.loaded(done[0], total);
                };
        List<Stage> stages = new ArrayList<>();
        List<StageRun> runs = new ArrayList<>();
        try {
            for (Placement.Stage stage : placement.stages()) {
                Device device = devices.get(stage.device());
                stages.add(Stage.load(file, model, device, stage.range(), step));
            }
            for (Stage stage : stages) {
                runs.add(new StageRun(stage, capacity));
            }
        } catch (RuntimeException e) {
            runs.forEach(StageRun::close);
            stages.forEach(Stage::close);
            throw e;
        }
        CompletableFuture<?> loss =
                CompletableFuture.anyOf(
                        stages.stream()
                                .map(Stage::device)
                                .distinct()
                                .map(Device::loss)
                                .toArray(CompletableFuture<?>[]::new));
        int vocabSize = model.architecture().vocabSize();
        Scheduler scheduler = new Scheduler(runs, loss, capacity, vocabSize);
        return new Pipeline(model, List.copyOf(stages), scheduler, capacity);
    }

    public Model model() {
        return model;
    }

    /// A conversation. Throws [IllegalStateException] where as many are open as there is room for.
    public Session openSession() {
        int slot;
        synchronized (takenSlots) {
            slot = takenSlots.nextClearBit(0);
            if (slot >= capacity.conversations()) {
                throw new IllegalStateException(
                        "%d conversations are open, and there is room for no more; close one, or load with room for more"
                                .formatted(slot));
            }
            takenSlots.set(slot);
        }
        int vocabSize = model.architecture().vocabSize();
        return new Session(scheduler, slot, capacity.contextLength(), vocabSize, this::release);
    }

    private void release(int slot) {
        synchronized (takenSlots) {
            takenSlots.clear(slot);
        }
    }

    @Override
    public void close() {
        scheduler.close();
        stages.forEach(Stage::close);
    }
}
