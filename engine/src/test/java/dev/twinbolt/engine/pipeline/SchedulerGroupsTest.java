package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.TinyLlama;
import dev.twinbolt.gguf.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who shares a pass with whom, over two stages.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SchedulerGroupsTest {
    private static final Capacity CAPACITY = new Capacity(512, 128, 4);

    @TempDir Path folder;
    private final HeldDevice first = new HeldDevice();
    private final HeldDevice second = new HeldDevice();
    private final List<Stage> stages = new ArrayList<>();
    private GgufFile file;
    private Scheduler scheduler;

    @BeforeEach
    void load() throws Exception {
        file = GgufFile.open(new TinyLlama(2).writeWhole(folder));
        Model model = Model.of(file);
        stages.add(Stage.load(file, model, first, new StageRange(true, 0, 1, false), _ -> {}));
        stages.add(Stage.load(file, model, second, new StageRange(false, 1, 2, true), _ -> {}));
        scheduler =
                new Scheduler(
                        stages.stream().map(stage -> new StageRun(stage, CAPACITY)).toList(),
                        new CompletableFuture<>(),
                        ReplyLimit.NONE,
                        CAPACITY,
                        model.architecture().vocabSize());
    }

    @AfterEach
    void close() {
        scheduler.close();
        stages.forEach(Stage::close);
        file.close();
    }

    private Feed submit(int slot) {
        Feed feed = new Feed(slot, 0, new int[1], 1, () -> false, _ -> {}, stages.size());
        scheduler.submit(feed);
        return feed;
    }

    private static void await(Feed... feeds) throws Exception {
        for (Feed feed : feeds) {
            feed.done().get(10, TimeUnit.SECONDS);
        }
    }

    /// Waits until the scheduler knows all that was told it, if `slot` is in no pass by then.
    private void awaitWithout(int slot) throws Exception {
        scheduler.cache(slot).get(10, TimeUnit.SECONDS);
    }

    @Test
    void neighboursShareAPassAndWaitForEachOther() throws Exception {
        Feed zero = submit(0);
        Feed one = submit(1);
        first.next().finish();
        first.next().finish();
        HeldDevice.Held passOfZero = second.next();
        HeldDevice.Held passOfOne = second.next();
        Feed two = submit(2);
        Feed three = submit(3);
        awaitWithout(2); // as two groups are under way
        passOfZero.finish();
        first.next().finish();
        await(zero);
        submit(0);
        second.next().finish();
        await(two, three);
        awaitWithout(0); // as 1, which is of its group, is under way
        passOfOne.finish();
        await(one);
        first.next();
    }
}
