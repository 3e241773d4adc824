package dev.twinbolt.bench;

import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.text.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/// Times one test on a loaded engine. As in llama-bench, tokens are random, a context begins with
/// the vocabulary's start token, logits are read and nothing is sampled.
final class SpeedRun {
    private static final long SEED = 42;

    private final SpeedTest test;
    private final Vocabulary vocabulary;
    private final Session session;
    private final SplitMix64 random = new SplitMix64(SEED, 0);

    private SpeedRun(SpeedTest test, Engine engine, Session session) {
        this.test = test;
        this.vocabulary = engine.tokenizer().vocabulary();
        this.session = session;
    }

    static Samples measure(SpeedTest test, Engine engine, int repetitions, boolean warmsUp)
            throws InterruptedException {
        try (Session session = engine.openSession()) {
            return new SpeedRun(test, engine, session).measure(repetitions, warmsUp);
        }
    }

    private Samples measure(int repetitions, boolean warmsUp) throws InterruptedException {
        if (test.depth() > 0) {
            session.prefill(tokens(test.depth()));
        }
        if (warmsUp) {
            run();
        }
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            nanos.add(run());
        }
        return new Samples(test.tokens(), nanos);
    }

    /// From the depth on; the nanoseconds that it took.
    private long run() throws InterruptedException {
        session.truncate(test.depth());
        int[] prompt = tokens(test.promptTokens());
        long start = System.nanoTime();
        if (prompt.length > 0) {
            session.prefill(prompt);
        }
        for (int i = 0; i < test.generatedTokens(); i++) {
            session.decode(token());
        }
        return System.nanoTime() - start;
    }

    private int[] tokens(int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = i == 0 ? token() : random();
        }
        return tokens;
    }

    /// The start token in an empty context, a random one later.
    private int token() {
        boolean starts = session.position() == 0 && vocabulary.addBos();
        return starts ? vocabulary.bos().orElseGet(this::random) : random();
    }

    private int random() {
        return (int) Math.unsignedMultiplyHigh(random.next(), vocabulary.size());
    }
}
