package dev.twinbolt.engine.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Streams tokens back into text, and holds back the bytes of a character until all of them are
/// there.
///
/// Pieces come as they are: the space that a SentencePiece text starts with stays. Bytes that are
/// no UTF-8 become U+FFFD. One instance per stream of tokens; not thread-safe.
public final class Detokenizer {
    private static final int LONGEST_CHARACTER = 4;

    private final Tokenizer tokenizer;
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);

    /// The first bytes of a character, ready to be read; fewer than [#LONGEST_CHARACTER].
    private byte[] held = {};

    public Detokenizer(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// The characters that `token` completes, none while one is still in parts.
    public String accept(int token) {
        return decode(tokenizer.bytes(token), false);
    }

    /// Ends the stream: a character that was never completed comes out as U+FFFD. The next token
    /// starts a new stream.
    public String finish() {
        String rest = decode(new byte[0], true);
        decoder.reset();
        return rest;
    }

    private String decode(byte[] bytes, boolean end) {
        ByteBuffer in = ByteBuffer.allocate(held.length + bytes.length).put(held).put(bytes).flip();
        CharBuffer out = CharBuffer.allocate(in.remaining());
        decoder.decode(in, out, end);
        assert in.remaining() < LONGEST_CHARACTER;
        held = new byte[in.remaining()];
        in.get(held);
        return out.flip().toString();
    }
}
