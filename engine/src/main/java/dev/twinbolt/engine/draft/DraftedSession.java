package dev.twinbolt.engine.draft;

import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.pipeline.Session;
import dev.twinbolt.engine.pipeline.StageStats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A session that may be fed more than is known: behind the next token goes a draft of those after
/// it, and the logits of one pass tell how much of it was right. What was not is forgotten.
///
/// The logits are those of feeding token by token, bit for bit, where all stages compute with
/// kernels to which the number of columns makes no difference, as ours do.
public final class DraftedSession implements AutoCloseable {
    private static final int[] NOTHING = {};

    private final Session session;
    private final Drafter drafter;

    /// The tokens that were fed and are known to be right.
    private int[] text = new int[256];

    private int length;

    /// What was fed behind them, of which the first `confirmed` were right, and the logits: a row
    /// after the last token that was known, then one after each of the draft.
    private int[] draft = NOTHING;

    private int confirmed;

    /// Tokens in the session that are only drafted.
    private volatile int unconfirmed;

    private float[][] rows = {};
    private long draftedTokens;
    private long confirmedTokens;

    /// Owns both.
    public DraftedSession(Session session, Drafter drafter) {
        this.session = session;
        this.drafter = drafter;
    }

    /// Tokens in the context, without those that are only drafted; may be asked from any thread.
    public int position() {
        return session.position() - unconfirmed;
    }

    public int contextLength() {
        return session.contextLength();
    }

    /// As [Session#prefill(int\[\], BooleanSupplier)].
    public float @Nullable [] prefill(int[] tokens, BooleanSupplier isCancelled)
            throws InterruptedException {
        settle();
        try {
            return session.prefill(tokens, isCancelled);
        } finally {
            int fed = session.position() - length;
            text = grown(length + fed);
            System.arraycopy(tokens, 0, text, length, fed);
            length += fed;
        }
    }

    /// The logits after `token`, which is fed together with at most `most` tokens of a draft, if it
    /// was not part of one already. Null where `isCancelled`, as in [Session#prefill(int\[\],
    /// BooleanSupplier)].
    public float @Nullable [] next(int token, int most, BooleanSupplier isCancelled)
            throws InterruptedException {
        if (confirmed < draft.length && draft[confirmed] == token) {
            confirmed++;
            confirmedTokens++;
            unconfirmed = draft.length - confirmed;
            append(token);
            return rows[confirmed];
        }
        settle();
        text = grown(length + 1);
        text[length] = token;
        int room = session.contextLength() - length - 1;
        int count = Math.min(most, room);
        int[] guess = count > 0 ? drafter.draft(text, length + 1, count, isCancelled) : NOTHING;
        int[] tokens = new int[1 + guess.length];
        tokens[0] = token;
        System.arraycopy(guess, 0, tokens, 1, guess.length);
        float[][] logits;
        try {
            logits = session.prefillAll(tokens, isCancelled);
        } catch (InterruptedException | RuntimeException e) {
            settle(); // what was fed by then is not part of the text
            throw e;
        }
        if (logits.length == 0) {
            settle();
            return null;
        }
        rows = logits;
        unconfirmed = guess.length;
        length++;
        draft = guess;
        confirmed = 0;
        draftedTokens += guess.length;
        return rows[0];
    }

    /// The tokens in the context, without those that are only drafted.
    public int[] tokens() {
        return Arrays.copyOf(text, length);
    }

    /// As [Session#save].
    public void save(Path file, String fingerprint, int[] unfed, BooleanSupplier isCancelled)
            throws IOException, InterruptedException {
        settle();
        session.save(file, fingerprint, unfed, isCancelled);
    }

    /// As [Session#restore].
    public void restore(SavedSession saved, String fingerprint) throws InterruptedException {
        session.restore(saved, fingerprint);
        text = saved.tokens();
        length = saved.cells();
    }

    /// Forgets all but the beginning that the context shares with `tokens`, whose last one is never
    /// kept. Returns how many stay.
    public int keep(int[] tokens) {
        settle();
        int shared = Arrays.mismatch(text, 0, length, tokens, 0, tokens.length);
        length = Math.min(shared < 0 ? length : shared, tokens.length - 1);
        session.truncate(length);
        return length;
    }

    private void append(int token) {
        text = grown(length + 1);
        text[length++] = token;
    }

    private int[] grown(int size) {
        return size <= text.length ? text : Arrays.copyOf(text, Math.max(size, 2 * text.length));
    }

    /// Forgets what was fed beyond the known text.
    private void settle() {
        draft = NOTHING;
        rows = new float[0][];
        confirmed = 0;
        session.truncate(length);
        unconfirmed = 0;
    }

    /// What each stage did so far.
    public List<StageStats> stats() {
        return session.stats();
    }

    /// Tokens that were drafted so far.
    public long draftedTokens() {
        return draftedTokens;
    }

    /// How many of them were right.
    public long confirmedTokens() {
        return confirmedTokens;
    }

    @Override
    public void close() {
        drafter.close();
        session.close();
    }
}
