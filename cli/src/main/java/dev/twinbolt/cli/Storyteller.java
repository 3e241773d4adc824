package dev.twinbolt.cli;

import dev.twinbolt.engine.Conversation;
import dev.twinbolt.engine.Engine;
import dev.twinbolt.engine.GenerateOptions;
import dev.twinbolt.engine.Generation;
import dev.twinbolt.engine.Plan;
import dev.twinbolt.engine.pipeline.ContextFullException;
import dev.twinbolt.engine.text.Tokenizer;

/// One prompt, one continuation: the text to standard output, everything else to stderr.
final class Storyteller {
    private final Engine.Builder builder;
    private final String prompt;
    private final String heading;
    private final GenerateOptions options;

    /// Whether the text on a terminal stands in the middle of a line.
    private volatile boolean isMidLine;

    /// `heading` goes to stderr just before the text.
    Storyteller(Engine.Builder builder, String prompt, String heading, GenerateOptions options) {
        this.builder = builder.messages(this::say);
        this.prompt = prompt;
        this.heading = heading;
        this.options = options;
    }

    ExitCode tell() {
        try (Engine engine = builder.load(this::check);
                Conversation conversation = engine.openConversation();
                Interrupts interrupts = new Interrupts(conversation::cancel)) {
            System.err.println("seed " + options.sampler().seed());
            System.err.print(heading);
            Generation generation = generate(conversation);
            if (generation.end() == Generation.End.CONTEXT_FULL) {
                System.err.println(
                        "the context of %d tokens is full; -c makes it longer"
                                .formatted(engine.plan().contextLength()));
            }
            System.err.print(Summary.of(generation, Terminal.columns()));
            return interrupts.isInterrupted() ? ExitCode.INTERRUPTED : ExitCode.OK;
        }
    }

    private void say(String line) {
        if (isMidLine) {
            isMidLine = false;
            System.err.println();
        }
        System.err.println(line);
    }

    /// A prompt that does not fit is refused before the weights are loaded.
    private void check(Plan plan, Tokenizer tokenizer) {
        System.err.print(plan.table(Terminal.columns()));
        int tokens = tokenizer.encode(prompt, true).length;
        if (tokens > plan.contextLength()) {
            throw new ContextFullException(plan.contextLength(), 0, tokens);
        }
    }

    private Generation generate(Conversation conversation) {
        try {
            return conversation.generate(
                    prompt,
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
