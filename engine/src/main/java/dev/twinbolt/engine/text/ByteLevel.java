package dev.twinbolt.engine.text;

/// The spelling of raw bytes in a byte-level vocabulary, where each byte has a printable character
/// (GPT-2, `encoder.py`).
///
/// Printable Latin-1 stands for itself; the 68 other bytes, in order, are U+0100 and up.
final class ByteLevel {
    private static final int FIRST_SHIFTED = 0x100;
    private static final byte[] BYTE_OF = new byte[FIRST_SHIFTED + 68];

    static {
        int shifted = FIRST_SHIFTED;
        for (int b = 0; b < 256; b++) {
            BYTE_OF[isPrintable(b) ? b : shifted++] = (byte) b;
        }
    }

    private ByteLevel() {}

    /// The bytes that `piece` spells; where it holds a character outside the mapping, its UTF-8
    /// instead.
    static byte[] decode(String piece) {
        byte[] bytes = new byte[piece.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = piece.charAt(i);
            if (c >= BYTE_OF.length || c < FIRST_SHIFTED && !isPrintable(c)) {
                return Utf8.bytes(piece);
            }
            bytes[i] = BYTE_OF[c];
        }
        return bytes;
    }

    private static boolean isPrintable(int b) {
        return b >= 0x21 && b <= 0x7E || b >= 0xA1 && b <= 0xFF && b != 0xAD;
    }
}
