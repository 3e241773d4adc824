package dev.twinbolt.engine.text;

import java.util.Arrays;

/// The tokens that stand for one raw byte each, spelled `<0xNN>`.
final class ByteTokens {
    private final int[] ids = new int[256];

    ByteTokens(Vocabulary vocabulary) {
        Arrays.fill(ids, -1);
        for (int token = 0; token < vocabulary.size(); token++) {
            int value = value(vocabulary.piece(token));
            if (value >= 0) {
                ids[value] = token;
            }
        }
    }

    /// The token of a byte, or -1.
    int token(byte b) {
        return ids[b & 0xFF];
    }

    /// The byte that `piece` spells, or -1.
    static int value(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
}
