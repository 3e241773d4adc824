package dev.twinbolt.cli;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.EngineBuilder;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.Plan;
import dev.twinbolt.engine.device.DeviceException;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.pipeline.SavedSession;
import dev.twinbolt.engine.text.Tokenizer;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One prompt, one continuation: the text to standard output, everything else to stderr.
final class Storyteller {
    private final EngineBuilder builder;
    private final String prompt;
    private final String heading;
    private final GenerateOptions options;
    private final @Nullable PromptCache cache;

    /// The tokens to go on after, once the model is known: those of the prompt, and without one all
    /// that was saved.
    private int[] text = {};

    /// Whether the text on a terminal stands in the middle of a line.
    private volatile boolean isMidLine;

    /// `heading` goes to stderr just before the text.
    Storyteller(
            EngineBuilder builder,
            String prompt,
            String heading,
            GenerateOptions options,
            @Nullable PromptCache cache) {
        this.builder = builder.messages(this::say);
        this.prompt = prompt;
        this.heading = heading;
        this.options = options;
        this.cache = cache;
    }

    ExitCode tell() throws IOException {
        try (SavedSession saved = cache == null ? null : cache.open().orElse(null)) {
            if (saved != null) {
                builder.restoring(saved);
            }
            return tell(saved);
        }
    }

    private ExitCode tell(@Nullable SavedSession saved) {
        try (Engine engine = builder.load((plan, tokenizer) -> check(plan, tokenizer, saved));
                Conversation conversation = open(engine, saved);
                Interrupts interrupts = new Interrupts(conversation::cancel)) {
            System.err.println("seed " + options.sampler().seed());
            Messages.raw().print(heading);
            Generation generation = generate(conversation);
            if (generation.end() == Generation.End.CONTEXT_FULL) {
                int length = engine.plan().contextLength();
                System.err.println(
                        "the context of %d token%s is full; -c makes it longer"
                                .formatted(length, length == 1 ? "" : "s"));
            }
            System.err.print(Summary.of(generation, Terminal.columns()));
            if (cache != null) {
                save(cache, conversation, interrupts);
            }
            return interrupts.isInterrupted() ? ExitCode.INTERRUPTED : ExitCode.OK;
        }
    }

    /// Who ended the wait for a lost node has nothing that could be saved.
    private static void save(PromptCache cache, Conversation conversation, Interrupts interrupts) {
        try {
            cache.save(conversation);
        } catch (DeviceException.Lost e) {
            if (!interrupts.isInterrupted()) {
                throw e;
            }
            System.err.println("the prompt cache was not written: " + e.getMessage());
        }
    }

    private static Conversation open(Engine engine, @Nullable SavedSession saved) {
        if (saved == null) {
            return engine.openConversation();
        }
        Conversation conversation = engine.restoreConversation(saved);
        saved.close(); // so that a new one may take the file's place
        return conversation;
    }

    private void say(String line) {
        Terminal.finishLine();
        if (isMidLine) {
            isMidLine = false;
            System.err.println();
        }
        System.err.println(line);
    }

    /// A text that does not fit is refused before the weights are loaded.
    private void check(Plan plan, Tokenizer tokenizer, @Nullable SavedSession saved) {
        int columns = Terminal.columns();
        System.err.print(Terminal.fold(plan.table(columns), columns));
        text = saved != null && prompt.isEmpty() ? saved.tokens() : tokenizer.encode(prompt, true);
        if (text.length > plan.contextLength()) {
            throw new ContextFullException(plan.contextLength(), 0, text.length);
        }
        if (saved != null) {
            int[] known = saved.tokens();
            int shared = Arrays.mismatch(known, 0, saved.cells(), text, 0, text.length);
            System.err.println(
                    "prompt cache: %d of %d tokens are in it"
                            .formatted(shared < 0 ? saved.cells() : shared, text.length));
        }
    }

    private Generation generate(Conversation conversation) {
        try {
            return conversation.generateAfter(
                    text,
                    options,
                    piece -> {
                        isMidLine = true;
                        System.out.print(piece);
                        if (System.out.checkError()) { // which flushes
                            conversation.cancel();
                        }
                    });
        } finally {
            // What follows on stderr starts a line of its own on a terminal.
            System.err.println();
        }
    }
}
