package dev.twinbolt.engine.text;

import dev.twinbolt.gguf.Metadata;

/// Text to token ids, and each id to the bytes that it writes. Immutable, so one tokenizer serves
/// many sessions at once.
///
/// Ids become text through a [Detokenizer], because a character may be spread over several tokens.
public sealed interface Tokenizer permits SpmTokenizer, BpeTokenizer {
    /// Reads the tokenizer of a model file, which is checked as untrusted input.
    ///
    /// @throws TokenizerException when the vocabulary is damaged or of a kind that is not supported
    static Tokenizer of(Metadata metadata) {
        String model = metadata.string("tokenizer.ggml.model");
        return switch (model) {
            case "llama" -> SpmTokenizer.of(metadata);
            case "gpt2" -> BpeTokenizer.of(metadata);
            default ->
                    throw new TokenizerException(
                            "tokenizer.ggml.model is '"
                                    + model
                                    + "'; supported are 'llama' (SentencePiece) and 'gpt2' (byte-level BPE)");
        };
    }

    Vocabulary vocabulary();

    /// The ids of `text`. The spelling of a control token in `text` stays plain text.
    ///
    /// @param addSpecial puts begin and end tokens around it where the vocabulary asks for them;
    ///   one that is there already is not doubled
    int[] encode(String text, boolean addSpecial);

    /// The bytes that `token` writes; none for control, unknown and unused tokens. May be a part of
    /// a character.
    byte[] bytes(int token);
}
