package dev.twinbolt.engine;

/// Text of others, such as a model's name or a peer's message, for a terminal or a log: what might
/// control the terminal, begin a line or turn the text round is shown as `?`.
public final class Printable {
    private Printable() {}

    /// `text` as a part of one line.
    public static String line(String text) {
        return shown(text, false);
    }

    /// `text` of several lines, whose ends and tabs stay.
    public static String lines(String text) {
        return shown(text, true);
    }

    private static String shown(String text, boolean keepsLines) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            boolean isKept = keepsLines && isLayout(text, i) || !isControl(c);
            shown.appendCodePoint(isKept ? c : '?');
            i += Character.charCount(c);
        }
        return shown.toString();
    }

    private static boolean isLayout(String text, int at) {
        return switch (text.charAt(at)) {
            case '\n', '\t' -> true;
            case '\r' -> at + 1 < text.length() && text.charAt(at + 1) == '\n';
            default -> false;
        };
    }

    /// Marks of direction are among the formats.
    private static boolean isControl(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }
}
