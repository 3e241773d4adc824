package dev.twinbolt.engine;

import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.draft.DraftedSession;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.sampling.Sampler;
import dev.twinbolt.engine.sampling.StopStrings;
import dev.twinbolt.engine.text.Detokenizer;
import dev.twinbolt.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A text that grows: each call feeds a prompt after what is there and lets the model go on. For
/// one thread at a time; [#cancel()] alone may come from another.
///
/// All that the model said is part of the text, a stop string as well, of which nothing is told.
/// The last token of a generation that a limit or a stop string ended is fed with the next prompt;
/// a token by which the model ends its text is not.
public final class Conversation implements AutoCloseable {
    private final DraftedSession session;
    private final Tokenizer tokenizer;
    private final Runnable checkModel;
    private final Supplier<String> fingerprint;
    private volatile boolean isCancelled;

    /// The last token of a generation, until it is in the context; else none.
    private int[] unfed = {};

    /// `checkModel` throws where the model's file is no longer whole; `fingerprint` is the model's.
    Conversation(
            DraftedSession session,
            Tokenizer tokenizer,
            Runnable checkModel,
            Supplier<String> fingerprint) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.checkModel = checkModel;
        this.fingerprint = fingerprint;
    }

    /// The token ids of `prompt` as [#generate] would feed them now: with the vocabulary's special
    /// tokens at the start of the conversation, without them later. Special tokens written in the
    /// text stay text.
    public int[] encode(String prompt) {
        return tokenizer.encode(prompt, session.position() == 0);
    }

    /// Feeds `prompt` and streams the continuation to `onText` in whole characters. It may be empty
    /// where a generation ended at a limit or a stop string, with one token at least, and the model
    /// goes on from there.
    ///
    /// @throws dev.twinbolt.engine.pipeline.ContextFullException where the prompt does not fit, as
    ///   none does after [Generation.End#CONTEXT_FULL]; nothing is fed
    /// @throws dev.twinbolt.engine.device.DeviceException where a device fails or is lost
    /// @throws dev.twinbolt.gguf.GgufException where the model's file was cut meanwhile
    public Generation generate(String prompt, GenerateOptions options, Consumer<String> onText) {
        isCancelled = false;
        return goOn(encode(prompt), options, onText);
    }

    /// As [#generate(String, GenerateOptions, Consumer)], for token ids.
    public Generation generate(int[] prompt, GenerateOptions options, Consumer<String> onText) {
        isCancelled = false;
        return goOn(prompt, options, onText);
    }

    private Generation goOn(int[] prompt, GenerateOptions options, Consumer<String> onText) {
        int[] start = joined(unfed, prompt);
        return run(start, start, options, onText);
    }

    /// Goes on after `text`, which is all that was said and asked, as a new conversation would: the
    /// beginning that the context shares with it is kept, what else is there is forgotten, and the
    /// rest is fed, the last token at least.
    ///
    /// @throws dev.twinbolt.engine.pipeline.ContextFullException where the text does not fit; the
    ///   conversation stays as it was
    /// @throws dev.twinbolt.engine.device.DeviceException where a device fails or is lost
    /// @throws dev.twinbolt.gguf.GgufException where the model's file was cut meanwhile
    public Generation generateAfter(String text, GenerateOptions options, Consumer<String> onText) {
        isCancelled = false;
        return goOnAfter(tokenizer.encode(text, true), options, onText);
    }

    /// As [#generateAfter(String, GenerateOptions, Consumer)], for token ids.
    public Generation generateAfter(int[] text, GenerateOptions options, Consumer<String> onText) {
        isCancelled = false;
        return goOnAfter(text, options, onText);
    }

    private Generation goOnAfter(int[] text, GenerateOptions options, Consumer<String> onText) {
        if (text.length == 0) {
            throw new IllegalArgumentException("no tokens to feed");
        }
        if (text.length > session.contextLength()) {
            throw new ContextFullException(session.contextLength(), 0, text.length);
        }
        int kept = session.keep(text);
        unfed = new int[0];
        return run(text, Arrays.copyOfRange(text, kept, text.length), options, onText);
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /// Feeds `start`, the end of what the sampler knows as `said`.
    private Generation run(
            int[] said, int[] start, GenerateOptions options, Consumer<String> onText) {
        try {
            return new Run(said, options, onText).generate(start);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while generating");
        } catch (DeviceException e) {
            checkModel.run(); // a device that computes on the mapped file fails when it is cut
            throw e;
        }
    }

    /// Ends the generation under way after the token, or the micro-batch of the prompt, that is
    /// being computed.
    public void cancel() {
        isCancelled = true;
    }

    /// Tokens in the context so far. The last one of a generation may not be there yet.
    public int position() {
        return session.position();
    }

    /// All tokens of the text: those in the context, and the last one of a generation, which may
    /// not be there yet.
    public int[] tokens() {
        return joined(session.tokens(), unfed);
    }

    /// Saves the conversation to `file`, for [Engine#restoreConversation] to go on with: its tokens
    /// and what was computed of them, in about the bytes that [Plan] counts for the part of the
    /// context that is filled. The file replaces one that is there, and appears whole or not at
    /// all.
    ///
    /// @throws IOException where the file cannot be written
    /// @throws dev.twinbolt.engine.device.DeviceException where a device fails or is lost
    public void save(Path file) throws IOException {
        try {
            session.save(file, fingerprint.get(), unfed, () -> isCancelled);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while saving");
        }
    }

    /// What [Engine#restoreConversation] promises, for a new conversation.
    void restore(SavedSession saved) {
        try {
            session.restore(saved, fingerprint.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while restoring");
        }
        int[] tokens = saved.tokens();
        unfed = Arrays.copyOfRange(tokens, saved.cells(), tokens.length);
    }

    @Override
    public void close() {
        session.close();
    }

    /// One call's state.
    private final class Run {
        private final GenerateOptions options;
        private final Consumer<String> onText;
        private final Sampler sampler;
        private final Detokenizer detokenizer = new Detokenizer(tokenizer);
        private final StopStrings stops;
        private final StringBuilder text = new StringBuilder();

        /// The sampler knows of the tokens that were `said`.
        Run(int[] said, GenerateOptions options, Consumer<String> onText) {
            this.options = options;
            this.onText = onText;
            this.sampler = Sampler.of(options.sampler());
            this.stops = StopStrings.of(options.stops());
            for (int token : said) {
                sampler.accept(token);
            }
        }

        Generation generate(int[] start) throws InterruptedException {
            long promptStart = System.nanoTime();
            int before = session.position();
            long draftedBefore = session.draftedTokens();
            long confirmedBefore = session.confirmedTokens();
            float[] logits = feed(() -> session.prefill(start, () -> isCancelled));
            checkModel.run();
            int fed = session.position() - before;
            long generationStart = System.nanoTime();
            int generated = 0;
            Generation.End end = null;
            while (end == null) {
                if (isCancelled || logits == null) {
                    end = Generation.End.CANCELLED;
                } else if (generated == options.maxTokens()) {
                    end = Generation.End.TOKEN_LIMIT;
                } else {
                    int token = sampler.sample(logits);
                    sampler.accept(token);
                    if (tokenizer.vocabulary().isEndOfGeneration(token)) {
                        end = Generation.End.END_OF_TEXT;
                    } else {
                        generated++;
                        unfed = new int[] {token};
                        emit(stops.accept(detokenizer.accept(token)));
                        if (stops.isStopped()) {
                            end = Generation.End.STOP_STRING;
                        } else if (generated == options.maxTokens()) {
                            end = Generation.End.TOKEN_LIMIT;
                        } else if (session.position() == session.contextLength()) {
                            end = Generation.End.CONTEXT_FULL;
                        } else {
                            int draft = draftTokens(generated);
                            logits = feed(() -> session.next(token, draft, () -> isCancelled));
                            // Where a file is cut within a page, its rest reads as zeros: nothing
                            // else tells.
                            checkModel.run();
                        }
                    }
                }
            }
            if (end != Generation.End.STOP_STRING) {
                emit(stops.accept(detokenizer.finish()));
                emit(stops.finish());
            }
            return new Generation(
                    text.toString(),
                    end,
                    fed,
                    generationStart - promptStart,
                    generated,
                    System.nanoTime() - generationStart,
                    session.draftedTokens() - draftedBefore,
                    session.confirmedTokens() - confirmedBefore,
                    session.stats());
        }

        /// How many tokens to draft behind the last one: none that would not be told.
        private int draftTokens(int generated) {
            int left =
                    options.maxTokens() < 0 ? Integer.MAX_VALUE : options.maxTokens() - generated;
            return Math.min(options.draftTokens(), left - 1);
        }

        /// What `step` gives, which feeds the unfed token first; null where it was cancelled.
        private float @Nullable [] feed(Step step) throws InterruptedException {
            int before = session.position();
            try {
                return step.logits();
            } finally {
                if (session.position() > before) {
                    unfed = new int[0];
                }
            }
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                onText.accept(piece);
            }
        }
    }

    private interface Step {
        float @Nullable [] logits() throws InterruptedException;
    }
}
