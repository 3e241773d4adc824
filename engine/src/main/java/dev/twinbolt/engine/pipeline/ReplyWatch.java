package dev.twinbolt.engine.pipeline;

import dev.twinbolt.engine.device.Device;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Gives up devices that take too long, on a thread of its own: who queues their work may stand
/// behind one of them.
final class ReplyWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 200;

    private final Map<Device, Answers> answers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("reply-watch").factory());

    private final LongSupplier nanoTime;

    ReplyWatch(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// From now on it looks by itself.
    void start() {
        thread.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// `device` is to have done `answer` within `limitNanos` from now, or from when it has done
    /// what was expected of it before. One that was cancelled it may do all the same.
    void expect(Device device, CompletableFuture<?> answer, long limitNanos) {
        Answer expected = new Answer(answer, nanoTime.getAsLong(), limitNanos);
        answers.computeIfAbsent(device, _ -> new Answers()).add(expected);
        answer.whenComplete((_, _) -> expected.doneNanos = nanoTime.getAsLong());
    }

    /// Gives up who is too late by now.
    void look() {
        answers.forEach(
                (device, expected) -> {
                    long limit = expected.exceeded(nanoTime.getAsLong());
                    if (limit > 0) {
                        answers.remove(device);
                        device.abandon("no reply for %.1f s".formatted(limit / 1e9));
                    }
                });
    }

    private static final class Answer {
        final CompletableFuture<?> answer;
        final long sinceNanos;
        final long limitNanos;
        volatile long doneNanos;

        Answer(CompletableFuture<?> answer, long sinceNanos, long limitNanos) {
            this.answer = answer;
            this.sinceNanos = sinceNanos;
            this.limitNanos = limitNanos;
        }
    }

    /// Of one device, in the order in which it answers.
    private static final class Answers {
        private final Queue<Answer> expected = new ArrayDeque<>();

        /// When the device was done with what was expected before.
        private long freeNanos = Long.MIN_VALUE;

        /// The time for what was cancelled since.
        private long cancelledNanos;

        synchronized void add(Answer answer) {
            expected.add(answer);
        }

        /// The limit that the next answer has gone beyond; 0 where it has not.
        synchronized long exceeded(long now) {
            Answer next = expected.peek();
            while (next != null && next.doneNanos != 0) {
                if (next.answer.isCancelled()) {
                    cancelledNanos += next.limitNanos;
                } else {
                    cancelledNanos = 0;
                    freeNanos = next.doneNanos;
                }
                expected.remove();
                next = expected.peek();
            }
            if (next == null) {
                return 0;
            }
            long begun = Math.max(next.sinceNanos, freeNanos);
            long limit = next.limitNanos + cancelledNanos;
            return now - begun > limit ? limit : 0;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
