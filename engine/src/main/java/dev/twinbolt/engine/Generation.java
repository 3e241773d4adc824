package dev.twinbolt.engine;

import dev.twinbolt.engine.pipeline.StageStats;
import java.util.List;

/// What became of a request to continue a text.
///
/// @param text the generated text, without the prompt
/// @param end why it ended
/// @param promptTokens tokens fed, in `promptNanos`: the prompt's, after the last one of the
///   generation before
/// @param generatedTokens tokens chosen, in `generationNanos`; the first one's logits come with the
///   prompt
/// @param draftedTokens tokens that passes were fed on a guess, of which `confirmedTokens` were
///   right
/// @param stages what each stage did for the conversation so far
public record Generation(
        String text,
        End end,
        int promptTokens,
        long promptNanos,
        int generatedTokens,
        long generationNanos,
        long draftedTokens,
        long confirmedTokens,
        List<StageStats> stages) {

    /// Why a generation ended.
    public enum End {
        /// The model chose an end-of-generation token.
        END_OF_TEXT,
        /// The text came to a stop string.
        STOP_STRING,
        /// As many tokens as were asked for.
        TOKEN_LIMIT,
        /// The context holds no more.
        CONTEXT_FULL,
        /// [Conversation#cancel()].
        CANCELLED
    }
}
