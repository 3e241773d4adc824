package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.GgufFile;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The stages of a layout with their weights on their devices, at work until one is lost. What a
/// scheduler runs on them, the KV cache with it, ends with the first loss.
final class LoadedStages implements AutoCloseable {
    private final List<Stage> stages;
    private final Scheduler scheduler;
    private final ReadWriteLock cacheInUse = new ReentrantReadWriteLock();
    private volatile @Nullable DeviceException failure;

    /// Owns both.
    LoadedStages(List<Stage> stages, Scheduler scheduler) {
        this.stages = stages;
        this.scheduler = scheduler;
    }

    /// Loads `layout`, where `stages` has not got it already: those of them that have no place in
    /// it go before anything is loaded. `stages` holds what was loaded, also where this fails.
    static LoadedStages load(
            GgufFile file,
            Model model,
            Layout layout,
            Capacity capacity,
            LoadProgress progress,
            List<Stage> stages) {
        List<Placement.Stage> planned = layout.placement().stages();
        closeOthers(stages, layout);
        long total = layout.weightBytes();
        long[] done = {0};
        LongConsumer step =
                size -> {
                    done[0] += size;
                    progress.loaded(done[0], total);
                };
        List<StageRun> runs = new ArrayList<>();
        try {
            for (int i = 0; i < planned.size(); i++) {
                Placement.Stage next = planned.get(i);
                Device device = layout.device(next);
                if (i < stages.size() && is(stages.get(i), next, layout)) {
                    step.accept(next.weightBytes());
                } else {
                    stages.add(i, Stage.load(file, model, device, next.range(), step));
                    stages.get(i).measureLink();
                }
            }
            for (Stage stage : stages) {
                runs.add(new StageRun(stage, capacity));
            }
        } catch (RuntimeException e) {
            runs.forEach(StageRun::close);
            throw e;
        }
        int vocabSize = model.architecture().vocabSize();
        return new LoadedStages(
                List.copyOf(stages),
                new Scheduler(runs, loss(stages), layout.limit(), capacity, vocabSize));
    }

    private static void closeOthers(List<Stage> stages, Layout layout) {
        for (Iterator<Stage> it = stages.iterator(); it.hasNext(); ) {
            Stage stage = it.next();
            if (layout.placement().stages().stream().noneMatch(next -> is(stage, next, layout))) {
                it.remove();
                stage.close();
            }
        }
    }

    private static boolean is(Stage stage, Placement.Stage planned, Layout layout) {
        return stage.place() == layout.device(planned) && stage.range().equals(planned.range());
    }

    private static CompletableFuture<?> loss(List<Stage> stages) {
        return CompletableFuture.anyOf(
                stages.stream()
                        .map(Stage::device)
                        .distinct()
                        .map(Device::loss)
                        .toArray(CompletableFuture<?>[]::new));
    }

    Scheduler scheduler() {
        return scheduler;
    }

    /// Held by whoever works on the cache beside the scheduler: it is not given back meanwhile.
    Lock cacheLock() {
        return cacheInUse.readLock();
    }

    /// Why nothing can be fed any more; null while it can.
    @Nullable DeviceException failure() {
        return failure;
    }

    void fail(DeviceException why) {
        failure = why;
    }

    /// Ends what is fed with `why` and gives back all but the weights. The stages are the caller's
    /// from now on.
    List<Stage> release(RuntimeException why) {
        cacheInUse.writeLock().lock();
        try {
            scheduler.close(why);
        } finally {
            cacheInUse.writeLock().unlock();
        }
        return new ArrayList<>(stages);
    }

    /// The same after [#release], with what is left of its stages.
    LoadedStages left(List<Stage> stages, DeviceException why) {
        LoadedStages left = new LoadedStages(List.copyOf(stages), scheduler);
        left.fail(why);
        return left;
    }

    @Override
    public void close() {
        scheduler.close();
        stages.forEach(Stage::close);
    }
}
