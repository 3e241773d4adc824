package dev.twinbolt.engine.text;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// Which tokens end a generation: those that the file names, and those of a well-known spelling.
///
/// Files often name one end token where the model was trained with several, so the spellings are a
/// table (from llama.cpp, `src/llama-vocab.cpp`). A token found by its spelling is treated as a
/// control token: it writes nothing, and a user's text cannot spell it.
final class EndOfGeneration {
    private static final List<String> END_OF_TURN =
            List.of(
                    "<|eot_id|>",
                    "<|im_end|>",
                    "<|end|>",
                    "<end_of_turn>",
                    "<|endoftext|>",
                    "<|end_of_text|>",
                    "<EOT>",
                    "_<EOT>",
                    "[EOT]",
                    "<｜end▁of▁sentence｜>",
                    "<end_of_utterance>");

    private static final List<String> OTHER_ENDS =
            List.of(
                    "</s>",
                    "<eos>",
                    "[EOS]",
                    "<|return|>",
                    "<|call|>",
                    "<|calls|>",
                    "<|flush|>",
                    "<|eom_id|>",
                    "<turn|>",
                    "<|tool_response>",
                    "[e~[");

    /// What code models write after the piece they were asked for.
    private static final List<String> ENDS_OF_INFILL =
            List.of(
                    "<|fim_pad|>",
                    "<fim-pad>",
                    "<fim_pad>",
                    "<|fim_repo|>",
                    "<|repo_name|>",
                    "<fim-repo>",
                    "<REPO>",
                    "<reponame>",
                    "<|file_sep|>");

    private EndOfGeneration() {}

    /// The first well-known end of a turn in the vocabulary, or -1.
    static int endOfTurn(Map<String, Integer> ids) {
        for (String piece : END_OF_TURN) {
            Integer id = ids.get(piece);
            if (id != null) {
                return id;
            }
        }
        return -1;
    }

    /// `declared` and the tokens of well-known spelling, whose `types` become control.
    static BitSet complete(BitSet declared, Map<String, Integer> ids, TokenType[] types) {
        BitSet ends = (BitSet) declared.clone();
        for (List<String> names : List.of(END_OF_TURN, OTHER_ENDS, ENDS_OF_INFILL)) {
            for (String name : names) {
                Integer id = ids.get(name);
                if (id != null) {
                    ends.set(id);
                    types[id] = TokenType.CONTROL;
                }
            }
        }
        dropInnerMarks(ends, ids);
        return ends;
    }

    /// In vocabularies with messages inside a turn `<|end|>` ends a message and the generation goes
    /// on; with `<|tool_response>` the same holds for `</s>`.
    private static void dropInnerMarks(BitSet ends, Map<String, Integer> ids) {
        boolean calls = ids.containsKey("<|call|>") || ids.containsKey("<|calls|>");
        boolean closes = ids.containsKey("<|return|>") || ids.containsKey("<|flush|>");
        Integer end = ids.get("<|end|>");
        if (calls && closes && end != null) {
            ends.clear(end);
        }
        Integer close = ids.get("</s>");
        if (ids.containsKey("<|tool_response>") && close != null) {
            ends.clear(close);
        }
    }
}
