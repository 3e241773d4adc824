package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.model.Model;
import dev.twinbolt.gguf.GgufFile;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A model loaded over devices as a placement says: stages in a row, each handing its activations
/// to the next. Owns the weights and the KV cache on the devices, not the devices and not the file.
/// When a device is lost, its [Recovery] says what it lies on from then on.
public final class Pipeline implements AutoCloseable {
    /// How often who waits for another conversation's recovery asks whether it is cancelled.
    private static final long WAITING_MILLIS = 100;

    private final GgufFile file;
    private final Model model;
    private final Capacity capacity;
    private final LoadProgress progress;
    private final Recovery recovery;
    private final BitSet takenSlots = new BitSet();
    private final ReentrantLock recovering = new ReentrantLock();

    /// Replaced under the lock.
    private volatile LoadedStages loaded;

    /// As `loaded`.
    private @Nullable Consumer<PassStats> listener;

    private volatile boolean isClosed;

    /// Owns `loaded`.
    Pipeline(
            GgufFile file,
            Model model,
            Capacity capacity,
            LoadProgress progress,
            Recovery recovery,
            LoadedStages loaded) {
        this.file = file;
        this.model = model;
        this.capacity = capacity;
        this.progress = progress;
        this.recovery = recovery;
        this.loaded = loaded;
    }

    /// Loads the weights and makes room for the conversations. `file` stays open as long as the
    /// pipeline, since a local device may compute on the mapped bytes.
    public static Pipeline load(
            GgufFile file,
            Model model,
            Layout layout,
            Capacity capacity,
            LoadProgress progress,
            Recovery recovery) {
        List<Stage> stages = new ArrayList<>();
        try {
            LoadedStages loaded =
                    LoadedStages.load(file, model, layout, capacity, progress, stages);
            return new Pipeline(file, model, capacity, progress, recovery, loaded);
        } catch (RuntimeException e) {
            stages.forEach(Stage::close);
            throw e;
        }
    }

    public Model model() {
        return model;
    }

    /// Tells `listener` of each forward pass, on a thread that must not be kept; what it throws is
    /// a failure of the conversations in that pass.
    public void onPass(Consumer<PassStats> listener) {
        recovering.lock();
        try {
            this.listener = listener;
            loaded.scheduler().onPass(listener);
        } finally {
            recovering.unlock();
        }
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
        return new Session(this, slot);
    }

    /// A conversation has ended.
    void release(int slot) {
        loaded.scheduler().leave(slot);
        synchronized (takenSlots) {
            takenSlots.clear(slot);
        }
    }

    /// What runs the stages for the moment.
    Scheduler scheduler() {
        return loaded.scheduler();
    }

    int contextLength() {
        return capacity.contextLength();
    }

    /// What can be fed, which after a loss is what the recovery brings. Null once `isCancelled`.
    ///
    /// @throws DeviceException where there is no recovery
    @Nullable LoadedStages working(BooleanSupplier isCancelled) throws InterruptedException {
        if (loaded.failure() == null) {
            return loaded;
        }
        BooleanSupplier isGivenUp = () -> isClosed || isCancelled.getAsBoolean();
        while (!recovering.tryLock(WAITING_MILLIS, TimeUnit.MILLISECONDS)) {
            if (isGivenUp.getAsBoolean()) {
                return null;
            }
        }
        try {
            DeviceException failure = loaded.failure();
            while (failure != null && !isClosed) {
                Layout layout = recovery.after(failure, isGivenUp);
                if (layout == null) {
                    return null;
                }
                load(layout, failure);
                failure = loaded.failure();
            }
            if (isClosed) {
                throw Scheduler.closed();
            }
            return loaded;
        } catch (DeviceException.Interrupted e) {
            Thread.interrupted();
            throw new InterruptedException(e.getMessage());
        } finally {
            recovering.unlock();
        }
    }

    /// Where it fails for want of a device, `loaded` has failed, and the next recovery goes on from
    /// there.
    private void load(Layout layout, DeviceException lost) {
        List<Stage> stages = loaded.release(lost);
        try {
            LoadedStages next = LoadedStages.load(file, model, layout, capacity, progress, stages);
            next.scheduler().onPass(listener);
            loaded = next;
        } catch (DeviceException.Interrupted e) {
            loaded = loaded.left(stages, lost);
            throw e;
        } catch (DeviceException e) {
            loaded = loaded.left(stages, e);
        } catch (RuntimeException e) {
            loaded = loaded.left(stages, lost);
            throw e;
        }
    }

    @Override
    public void close() {
        isClosed = true;
        recovering.lock();
        try {
            loaded.close();
        } finally {
            recovering.unlock();
        }
    }
}
