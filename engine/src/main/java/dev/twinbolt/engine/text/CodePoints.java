package dev.twinbolt.engine.text;

/// The Unicode classes that split patterns ask for, spelled out, because a regular expression's
/// `\s` and `\w` differ from one engine to the next.
final class CodePoints {
    private static final int LETTER =
            1 << Character.UPPERCASE_LETTER
                    | 1 << Character.LOWERCASE_LETTER
                    | 1 << Character.TITLECASE_LETTER
                    | 1 << Character.MODIFIER_LETTER
                    | 1 << Character.OTHER_LETTER;
    private static final int MARK =
            1 << Character.NON_SPACING_MARK
                    | 1 << Character.ENCLOSING_MARK
                    | 1 << Character.COMBINING_SPACING_MARK;
    private static final int NUMBER =
            1 << Character.DECIMAL_DIGIT_NUMBER
                    | 1 << Character.LETTER_NUMBER
                    | 1 << Character.OTHER_NUMBER;
    private static final int PUNCTUATION_OR_SYMBOL =
            1 << Character.CONNECTOR_PUNCTUATION
                    | 1 << Character.DASH_PUNCTUATION
                    | 1 << Character.START_PUNCTUATION
                    | 1 << Character.END_PUNCTUATION
                    | 1 << Character.INITIAL_QUOTE_PUNCTUATION
                    | 1 << Character.FINAL_QUOTE_PUNCTUATION
                    | 1 << Character.OTHER_PUNCTUATION
                    | 1 << Character.MATH_SYMBOL
                    | 1 << Character.CURRENCY_SYMBOL
                    | 1 << Character.MODIFIER_SYMBOL
                    | 1 << Character.OTHER_SYMBOL;

    private CodePoints() {}

    /// `\p{L}`
    static boolean isLetter(int c) {
        return is(c, LETTER);
    }

    /// `[\p{L}\p{M}]`
    static boolean isLetterOrMark(int c) {
        return is(c, LETTER | MARK);
    }

    /// `\p{N}`
    static boolean isNumber(int c) {
        return is(c, NUMBER);
    }

    /// `[\p{P}\p{S}]`
    static boolean isPunctuationOrSymbol(int c) {
        return is(c, PUNCTUATION_OR_SYMBOL);
    }

    /// `\s`: the characters of Unicode's White_Space.
    static boolean isSpace(int c) {
        if (c < 0x80) {
            return c == ' ' || c >= '\t' && c <= '\r';
        }
        return switch (c) {
            case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200A;
        };
    }

    /// `[^\s\p{L}\p{N}]`
    static boolean isOther(int c) {
        return !isSpace(c) && !is(c, LETTER | NUMBER);
    }

    static boolean isNewline(int c) {
        return c == '\n' || c == '\r';
    }

    private static boolean is(int c, int classes) {
        return (1 << Character.getType(c) & classes) != 0;
    }
}
