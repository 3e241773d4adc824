package dev.twinbolt.engine.draft;

import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.text.Vocabulary;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/// Guesses what a small model of the same vocabulary finds likeliest.
public final class ModelDrafter implements Drafter {
    private static final int[] NONE = {};

    private final Session session;

    /// What the session holds.
    private int[] fed = {};

    /// Owns `session`, which is the small model's.
    public ModelDrafter(Session session) {
        this.session = session;
    }

    /// Throws [ModelException] with the first difference where a token of `draft` is not the same
    /// of `model`.
    public static void checkSameTokens(Vocabulary draft, Vocabulary model) {
        int shared = Math.min(draft.size(), model.size());
        for (int token = 0; token < shared; token++) {
            if (!draft.piece(token).equals(model.piece(token))) {
                throw new ModelException(
                        "the draft model has another vocabulary: its token %d is '%s', the model's is '%s'"
                                .formatted(token, draft.piece(token), model.piece(token)));
            }
        }
        if (draft.size() != model.size()) {
            throw new ModelException(
                    "the draft model has another vocabulary: it has %d tokens, the model has %d"
                            .formatted(draft.size(), model.size()));
        }
    }

    @Override
    public int[] draft(int[] text, int length, int most, BooleanSupplier isCancelled)
            throws InterruptedException {
        int count = Math.min(most, session.contextLength() - length + 1);
        if (count < 1) {
            return NONE;
        }
        int shared = Arrays.mismatch(fed, 0, fed.length, text, 0, length);
        // The last token is fed in any case, as its logits are what is asked for.
        int kept = Math.min(shared < 0 ? length : shared, length - 1);
        session.truncate(kept);
        fed = Arrays.copyOf(fed, kept);
        int[] tokens = new int[count];
        float[] logits = session.prefill(Arrays.copyOfRange(text, kept, length), isCancelled);
        if (logits == null) {
            fed = Arrays.copyOf(text, session.position());
            return NONE;
        }
        for (int i = 0; i < count; i++) {
            tokens[i] = likeliest(logits);
            if (i + 1 < count) {
                logits = session.decode(tokens[i]);
            }
        }
        fed = Arrays.copyOf(text, length + count - 1);
        System.arraycopy(tokens, 0, fed, length, count - 1);
        return tokens;
    }

    private static int likeliest(float[] logits) {
        int best = 0;
        for (int token = 1; token < logits.length; token++) {
            best = logits[token] > logits[best] ? token : best;
        }
        return best;
    }

    @Override
    public void close() {
        session.close();
    }
}
