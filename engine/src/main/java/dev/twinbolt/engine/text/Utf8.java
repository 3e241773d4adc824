package dev.twinbolt.engine.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Text as valid UTF-8 bytes.
final class Utf8 {
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private Utf8() {}

    /// The bytes of `text`, with U+FFFD for half a surrogate pair (where [String#getBytes] would
    /// put a question mark).
    static byte[] bytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return replacing(text);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] replacing(String text) {
        try {
            ByteBuffer encoded =
                    StandardCharsets.UTF_8
                            .newEncoder()
                            .onMalformedInput(CodingErrorAction.REPLACE)
                            .replaceWith(REPLACEMENT)
                            .encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new AssertionError("malformed input is replaced, not reported", e);
        }
    }

    /// How many bytes the character that starts with `lead` has.
    static int length(byte lead) {
        int bits = lead & 0xFF;
        return bits < 0x80 ? 1 : bits < 0xE0 ? 2 : bits < 0xF0 ? 3 : 4;
    }

    /// How many bytes `codePoint` has.
    static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    /// The code points of `text[from, to)`, which is valid UTF-8.
    static int[] codePoints(byte[] text, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += (text[i] & 0xC0) == 0x80 ? 0 : 1;
        }
        int[] result = new int[count];
        int at = from;
        for (int i = 0; i < count; i++) {
            int length = length(text[at]);
            int codePoint = length == 1 ? text[at] : text[at] & (0x7F >> length);
            for (int j = 1; j < length; j++) {
                codePoint = codePoint << 6 | (text[at + j] & 0x3F);
            }
            result[i] = codePoint;
            at += length;
        }
        return result;
    }
}
