package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import dev.twinbolt.engine.model.LayerCache;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Brings what conversations feed through the stages, in passes, so that all stages have work: a
/// prompt goes in micro-batches, one behind the other; conversations that generate go in as many
/// groups as there are stages. Tokens to generate go before prompts.
///
/// One thread decides everything. Devices and callers tell it what happened, and it queues the next
/// work. It waits for no result; it does wait for a device that is to say what a pass of a new
/// shape needs, or to give memory for it, and for a link that takes no more bytes for the moment.
/// What goes wrong in it ends the pipeline, not the thread.
final class Scheduler implements AutoCloseable {
    /// Passes that may have been queued and not have left the first stage with layers: one that is
    /// computed and one that waits, so that the stage has its next work at once.
    private static final int ENTERING = 2;

    /// How long a group's tokens wait for those of its conversations that got theirs just now: so
    /// long, or this part of the time that a pass takes.
    private static final long PATIENCE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final int PATIENCE_PART = 32;

    /// A prompt's pass while others generate, which wait for it.
    private static final int CONSIDERATE_MICRO_BATCH = 64;

    private final List<StageRun> runs;
    private final ReplyLimit limit;
    private final ReplyWatch watch = new ReplyWatch(System::nanoTime);
    private final long rowBytes;
    private final int slotCells;
    private final MicroBatches microBatches;

    /// Stages with layers; there is one more or two that only embed or have the head.
    private final int workingStages;

    private final int firstWorking;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("scheduler").factory());

    private volatile @Nullable Consumer<PassStats> listener;

    /// What is told to who comes too late.
    private volatile @Nullable RuntimeException closedBy;

    // What follows is the thread's alone.

    private final List<Feed> waiting = new ArrayList<>();
    private final Set<Pass> inFlight = new LinkedHashSet<>();

    /// When a pass last left a device, which takes them in order.
    private final Map<Device, Long> lastLeft = new IdentityHashMap<>();

    /// Who waits for a slot's cache.
    private final Map<CompletableFuture<SlotCache>, Integer> cachesAsked = new IdentityHashMap<>();

    private final Generating generating;

    /// How long the last group took through all stages.
    private long groupNanos;

    private @Nullable Throwable broken;

    /// Owns `runs`. Nothing can be fed any more once `loss` fails.
    Scheduler(
            List<StageRun> runs,
            CompletableFuture<?> loss,
            ReplyLimit limit,
            Capacity capacity,
            int vocabSize) {
        this.runs = List.copyOf(runs);
        this.limit = limit;
        this.rowBytes = 4L * vocabSize;
        this.slotCells = KvCache.slotCells(capacity);
        this.generating = new Generating(capacity.conversations(), System::nanoTime);
        int working = 0;
        int first = 0;
        for (int i = runs.size() - 1; i >= 0; i--) {
            if (runs.get(i).stage().range().layerCount() > 0) {
                working++;
                first = i;
            }
        }
        this.workingStages = Math.max(1, working);
        this.firstWorking = first;
        this.microBatches = new MicroBatches(runs.size(), workingStages, capacity.microBatch());
        if (runs.stream().anyMatch(run -> !run.stage().device().isLocal())) {
            watch.start();
        }
        loss.exceptionally(
                failure -> {
                    tell(() -> breakDown(cause(failure)));
                    return null;
                });
    }

    int stageCount() {
        return runs.size();
    }

    Stage stage(int i) {
        return runs.get(i).stage();
    }

    /// Tells `listener` of each pass, on the scheduler's thread, which it must not keep.
    void onPass(@Nullable Consumer<PassStats> listener) {
        this.listener = listener;
    }

    /// Queues what a conversation feeds. One at a time for each slot.
    void submit(Feed feed) {
        if (!tell(() -> accept(feed))) {
            RuntimeException why = closedBy;
            feed.done().completeExceptionally(why == null ? closed() : why);
        }
    }

    /// Gives up on a feed: it is done when this is, and nothing more comes of it.
    void cancel(Feed feed) {
        tell(() -> end(feed, new CancellationException("given up")));
    }

    /// K and V of slot `slot`, once no pass that feeds it is under way.
    CompletableFuture<SlotCache> cache(int slot) {
        CompletableFuture<SlotCache> asked = new CompletableFuture<>();
        if (!tell(() -> cachesAsked.put(asked, slot))) {
            asked.completeExceptionally(closed());
        }
        return asked;
    }

    /// Nobody waits for the tokens of slot `slot`.
    void leave(int slot) {
        tell(() -> generating.leave(slot));
    }

    /// False where the pipeline is closed.
    private boolean tell(Runnable event) {
        try {
            thread.execute(() -> handle(event));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void handle(Runnable event) {
        try {
            event.run();
            launch();
            giveCaches();
        } catch (RuntimeException | Error e) {
            breakDown(e);
        }
    }

    private void accept(Feed feed) {
        if (broken != null) {
            feed.done().completeExceptionally(broken);
            return;
        }
        generating.feed(feed.slot(), feed.length());
        waiting.add(feed);
    }

    private void giveCaches() {
        cachesAsked.entrySet().removeIf(asked -> give(asked.getKey(), asked.getValue()));
    }

    /// Whether that is done.
    private boolean give(CompletableFuture<SlotCache> asked, int slot) {
        if (broken != null) {
            return asked.completeExceptionally(broken);
        }
        for (Pass pass : inFlight) {
            if (pass.feeds().stream().anyMatch(feed -> feed.slot() == slot)) {
                return false;
            }
        }
        List<LayerCache> layers = runs.stream().flatMap(run -> run.caches().stream()).toList();
        return asked.complete(new SlotCache(layers, (long) slot * slotCells));
    }

    // Launching.

    /// Queues all passes that may be.
    private void launch() {
        while (mayEnter()) {
            BitSet group = nextGroup();
            if (group != null) {
                long patience = Math.max(PATIENCE_NANOS, groupNanos / PATIENCE_PART);
                long left = generating.patience(group, patience);
                if (left > 0) {
                    thread.schedule(() -> handle(() -> {}), left, TimeUnit.NANOSECONDS);
                    return;
                }
                start(tokens(group), 1);
                continue;
            }
            Feed prompt = nextPrompt();
            if (prompt == null) {
                return;
            }
            if (isCancelled(prompt)) {
                waiting.remove(prompt);
                finishIfIdle(prompt);
                continue;
            }
            int most = microBatches.size(prompt.length());
            if (generating.count() > 1) {
                most = Math.min(most, CONSIDERATE_MICRO_BATCH);
            }
            start(List.of(prompt), Math.min(most, prompt.left()));
        }
    }

    /// A caller's answer that fails is its own failure.
    private boolean isCancelled(Feed feed) {
        try {
            return feed.isCancelled();
        } catch (RuntimeException e) {
            end(feed, e);
            return true;
        }
    }

    private boolean mayEnter() {
        int entering = 0;
        for (Pass pass : inFlight) {
            entering += pass.stage() <= firstWorking ? 1 : 0;
        }
        return entering < ENTERING && inFlight.size() < ENTERING * workingStages;
    }

    /// The slots that are next to share a pass: the group of whoever has waited longest for a
    /// token, unless some of it is still under way.
    private @Nullable BitSet nextGroup() {
        BitSet underWay = new BitSet();
        int groups = 0;
        for (Pass pass : inFlight) {
            if (pass.isGroup()) {
                pass.feeds().forEach(feed -> underWay.set(feed.slot()));
                groups++;
            }
        }
        if (groups >= workingStages) {
            return null;
        }
        for (Feed feed : waiting) {
            if (feed.length() == 1) {
                BitSet group = generating.group(feed.slot(), workingStages);
                if (!group.intersects(underWay)) {
                    return group;
                }
            }
        }
        return null;
    }

    /// What the slots of `group` wait for.
    private List<Feed> tokens(BitSet group) {
        return waiting.stream()
                .filter(feed -> feed.length() == 1 && group.get(feed.slot()))
                .toList();
    }

    private @Nullable Feed nextPrompt() {
        for (Feed feed : waiting) {
            if (feed.length() > 1) {
                return feed;
            }
        }
        return null;
    }

    private void start(List<Feed> feeds, int count) {
        List<Feed> inOrder = new ArrayList<>(feeds);
        inOrder.sort(Comparator.comparingInt(Feed::slot));
        Pass pass = Pass.of(List.copyOf(inOrder), count);
        for (Feed feed : inOrder) {
            waiting.remove(feed);
            if (feed.left() > 0) {
                waiting.add(feed); // prompts take turns
            }
        }
        inFlight.add(pass);
        forward(pass, pass.input());
    }

    // Passing on.

    private void forward(Pass pass, MemorySegment x) {
        if (pass.stage() == runs.size()) {
            inFlight.remove(pass);
            pass.deliver(x, rowBytes);
            if (pass.isGroup()) {
                groupNanos = pass.nanos();
            }
            report(pass);
            pass.feeds().forEach(this::finishIfIdle);
            return;
        }
        StageRun.Queued queued;
        CompletableFuture<Void> answer = expectAnswer(pass);
        try {
            queued = runs.get(pass.stage()).submit(pass.batch(), x);
        } catch (RuntimeException e) {
            answer.cancel(false);
            fail(pass, e);
            return;
        }
        queued.onRead(answer);
        pass.enter(System.nanoTime(), queued);
        CompletableFuture.allOf(queued.computed(), queued.read())
                .whenComplete((_, failure) -> tell(() -> arrived(pass, queued.output(), failure)));
    }

    /// What the stage's device has to complete in time, if it is another machine's.
    private CompletableFuture<Void> expectAnswer(Pass pass) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Device device = stage(pass.stage()).device();
        if (!device.isLocal()) {
            long nanos = limit.nanos(pass.stage(), device, pass.batch().tokens().length);
            if (nanos < ReplyLimit.NONE_NANOS) {
                watch.expect(device, answer, nanos);
            }
        }
        return answer;
    }

    private void arrived(Pass pass, MemorySegment output, @Nullable Throwable failure) {
        if (!inFlight.contains(pass)) {
            return; // given up meanwhile
        }
        if (failure != null) {
            fail(pass, cause(failure));
            return;
        }
        int stage = pass.stage();
        Stage at = stage(stage);
        long now = System.nanoTime();
        long nanos = now - begunNanos(pass, at.device());
        lastLeft.put(at.device(), now);
        if (at.range().layerCount() > 0) {
            microBatches.record(stage, pass.batch().tokens().length, nanos);
        }
        pass.leave(nanos);
        forward(pass, output);
    }

    /// When `device` had nothing left before `pass`.
    private long begunNanos(Pass pass, Device device) {
        long submitted = pass.submittedNanos();
        Long before = lastLeft.get(device);
        return before == null ? submitted : Math.max(submitted, before);
    }

    /// A listener that fails is a failure of those whose pass it was told of.
    private void report(Pass pass) {
        Consumer<PassStats> told = listener;
        if (told == null) {
            return;
        }
        try {
            told.accept(pass.stats(runs));
        } catch (RuntimeException e) {
            pass.feeds().forEach(feed -> end(feed, e));
        }
    }

    private void finishIfIdle(Feed feed) {
        if (!feed.isInFlight() && !waiting.contains(feed) && !feed.done().isDone()) {
            generating.answer(feed.slot());
            feed.done().complete(null);
        }
    }

    // Failing.

    private void fail(Pass pass, Throwable failure) {
        inFlight.remove(pass);
        pass.feeds().forEach(feed -> end(feed, failure));
    }

    /// Nothing more of `feed` is computed, unless it shares a pass. Where it is done, its slot may
    /// be another's.
    private void end(Feed feed, Throwable failure) {
        if (feed.done().isDone()) {
            return;
        }
        waiting.remove(feed);
        for (Pass pass : List.copyOf(inFlight)) {
            if (pass.feeds().equals(List.of(feed))) {
                inFlight.remove(pass);
                pass.cancel();
            }
        }
        generating.leave(feed.slot());
        feed.done().completeExceptionally(failure);
    }

    private void breakDown(Throwable why) {
        broken = why;
        for (Pass pass : List.copyOf(inFlight)) {
            fail(pass, why);
            pass.cancel();
        }
        List.copyOf(waiting).forEach(feed -> end(feed, why));
        giveCaches();
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    static IllegalStateException closed() {
        return new IllegalStateException("the pipeline was closed");
    }

    @Override
    public void close() {
        close(closed());
    }

    /// Whoever still waits, or comes later, gets `why`, or what it was closed with before.
    void close(RuntimeException why) {
        if (closedBy == null) {
            closedBy = why;
        }
        tell(() -> breakDown(why));
        awaitEnd();
        watch.close();
        runs.forEach(StageRun::close);
    }

    /// Waits until all that the thread was told is done. An interrupt, which would leave out what
    /// others wait for, stays for the caller.
    private void awaitEnd() {
        thread.shutdown();
        boolean isInterrupted = false;
        boolean isDone = false;
        while (!isDone) {
            try {
                isDone = thread.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
