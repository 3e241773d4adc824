package dev.twinbolt.bench;

import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.text.Vocabulary;

/// One conversation of a speed test.
final class Talk {
    private final SpeedTest test;
    private final Vocabulary vocabulary;
    private final Session session;
    private final SplitMix64 random;

    Talk(SpeedTest test, Vocabulary vocabulary, Session session, SplitMix64 random) {
        this.test = test;
        this.vocabulary = vocabulary;
        this.session = session;
        this.random = random;
    }

    /// Feeds what the test has in the context beforehand.
    void fillDepth() throws InterruptedException {
        if (test.depth() > 0) {
            session.prefill(tokens(test.depth()));
        }
    }

    /// Feeds the test's tokens from the depth on.
    void run() throws InterruptedException {
        session.truncate(test.depth());
        int[] prompt = tokens(test.promptTokens());
        if (prompt.length > 0) {
            session.prefill(prompt);
        }
        for (int i = 0; i < test.generatedTokens(); i++) {
            session.decode(token());
        }
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
