package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Traffic;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// One forward pass on its way through the stages: the next tokens of one conversation, or one
/// token of each of several.
final class Pass {
    private final List<Feed> feeds;
    private final int count;
    private final int[] wanted;
    private final Batch batch;
    private final List<StageWork> work = new ArrayList<>();
    private final long startedNanos = System.nanoTime();
    private long submittedNanos;
    private Traffic traffic = Traffic.NONE;
    private Runnable cancellation = () -> {};

    private Pass(List<Feed> feeds, int count, int[] wanted, Batch batch) {
        this.feeds = feeds;
        this.count = count;
        this.wanted = wanted;
        this.batch = batch;
    }

    /// Takes the next `count` tokens of each of `feeds`, which are in the order of their slots.
    static Pass of(List<Feed> feeds, int count) {
        int firstSlot = feeds.getFirst().slot();
        int slots = feeds.getLast().slot() - firstSlot + 1;
        int[] tokens = new int[slots * count];
        int[] positions = new int[slots];
        Arrays.fill(positions, Batch.IDLE);
        int[] wanted = new int[feeds.size()];
        int outputs = 1;
        for (int i = 0; i < wanted.length; i++) {
            Feed feed = feeds.get(i);
            int slot = feed.slot() - firstSlot;
            positions[slot] = feed.nextPosition();
            wanted[i] = feed.wanted(count);
            outputs = Math.max(outputs, wanted[i]);
            feed.launch(count, tokens, slot * count);
        }
        return new Pass(feeds, count, wanted, new Batch(firstSlot, tokens, positions, outputs));
    }

    List<Feed> feeds() {
        return feeds;
    }

    Batch batch() {
        return batch;
    }

    /// The stage that it is in.
    int stage() {
        return work.size();
    }

    long submittedNanos() {
        return submittedNanos;
    }

    void enter(long nanos, StageRun.Queued queued) {
        submittedNanos = nanos;
        traffic = queued.traffic();
        cancellation = queued::cancel;
    }

    /// The stage has taken `nanos` for it.
    void leave(long nanos) {
        StageWork done = new StageWork(1, nanos, traffic);
        feeds.forEach(feed -> feed.count(stage(), done));
        work.add(done);
    }

    /// Whether it is one token of each of its conversations.
    boolean isGroup() {
        return feeds.getFirst().length() == 1;
    }

    /// The time since it began.
    long nanos() {
        return System.nanoTime() - startedNanos;
    }

    /// What became of it in `stages`, of which it has left the last.
    PassStats stats(List<StageRun> stages) {
        long nanos = nanos();
        List<StageStats> stats = new ArrayList<>();
        for (int i = 0; i < work.size(); i++) {
            Stage stage = stages.get(i).stage();
            stats.add(work.get(i).stats(stage.device().name(), stage.range(), stage.link(), nanos));
        }
        return new PassStats(batch.positions()[0], count * feeds.size(), feeds.size(), stats);
    }

    void cancel() {
        cancellation.run();
    }

    /// The tokens I32, as the first stage takes them.
    MemorySegment input() {
        int[] tokens = batch.tokens();
        MemorySegment x = Arena.ofAuto().allocate(4L * tokens.length, 4);
        MemorySegment.copy(tokens, 0, x, ValueLayout.JAVA_INT, 0, tokens.length);
        return x;
    }

    /// Hands out the last stage's output: `rowBytes` of logits for each wanted token.
    void deliver(MemorySegment output, long rowBytes) {
        for (int i = 0; i < wanted.length; i++) {
            Feed feed = feeds.get(i);
            int end = (feed.slot() - batch.firstSlot() + 1) * batch.outputs();
            MemorySegment[] rows = new MemorySegment[wanted[i]];
            for (int row = 0; row < rows.length; row++) {
                rows[row] = output.asSlice(rowBytes * (end - rows.length + row), rowBytes);
            }
            feed.arrive(count, rows);
        }
    }
}
