package dev.twinbolt.bench;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.text.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Times one test on a loaded engine. As in llama-bench, tokens are random, a context begins with
/// the vocabulary's start token, logits are read and nothing is sampled. Several conversations are
/// fed by a thread each, and the clock stops when all have ended.
final class SpeedRun {
    private static final long SEED = 42;

    private final SpeedTest test;
    private final List<Talk> talks = new ArrayList<>();

    private SpeedRun(SpeedTest test, Vocabulary vocabulary, List<Session> sessions) {
        this.test = test;
        for (int i = 0; i < sessions.size(); i++) {
            talks.add(new Talk(test, vocabulary, sessions.get(i), new SplitMix64(SEED, i)));
        }
    }

    static Samples measure(SpeedTest test, Engine engine, int repetitions, boolean warmsUp)
            throws InterruptedException {
        List<Session> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < test.setup().conversations(); i++) {
                sessions.add(engine.openSession());
            }
            return new SpeedRun(test, engine.tokenizer().vocabulary(), sessions)
                    .measure(repetitions, warmsUp);
        } finally {
            sessions.forEach(Session::close);
        }
    }

    private Samples measure(int repetitions, boolean warmsUp) throws InterruptedException {
        each(Talk::fillDepth);
        if (warmsUp) {
            each(Talk::run);
        }
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            each(Talk::run);
            nanos.add(System.nanoTime() - start);
        }
        return new Samples(test.tokens(), nanos);
    }

    private interface Step {
        void apply(Talk talk) throws InterruptedException;
    }

    private void each(Step step) throws InterruptedException {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (Talk talk : talks) {
            tasks.add(
                    () -> {
                        step.apply(talk);
                        return null;
                    });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
        }
    }
}
