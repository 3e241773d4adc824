package dev.twinbolt.engine.text;

import static dev.twinbolt.engine.text.CodePoints.isLetter;
import static dev.twinbolt.engine.text.CodePoints.isLetterOrMark;
import static dev.twinbolt.engine.text.CodePoints.isNewline;
import static dev.twinbolt.engine.text.CodePoints.isNumber;
import static dev.twinbolt.engine.text.CodePoints.isOther;
import static dev.twinbolt.engine.text.CodePoints.isPunctuationOrSymbol;

import java.util.function.IntPredicate;

/// The split patterns that tell words, numbers, punctuation and whitespace apart, one method each.
/// A method answers where the match at `at` ends.
final class Words {
    private Words() {}

    /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    record Gpt2() implements SplitRule.Match {
        @Override
        public int end(int[] text, int at, int to) {
            int contraction = contraction(text, at, to, false);
            if (contraction > at) {
                return contraction;
            }
            int body = text[at] == ' ' && at + 1 < to ? at + 1 : at;
            if (isLetter(text[body])) {
                return run(text, body, to, CodePoints::isLetter);
            }
            if (isNumber(text[body])) {
                return run(text, body, to, CodePoints::isNumber);
            }
            return isOther(text[body])
                    ? run(text, body, to, CodePoints::isOther)
                    : space(text, at, to);
        }
    }

    /// Llama 3 and, with single digits, Qwen2:
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|` `
    /// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    record Llama3(int digits) implements SplitRule.Match {
        @Override
        public int end(int[] text, int at, int to) {
            int contraction = contraction(text, at, to, true);
            if (contraction > at) {
                return contraction;
            }
            int c = text[at];
            int letters = isLetter(c) || isNewline(c) || isNumber(c) ? at : at + 1;
            if (letters < to && isLetter(text[letters])) {
                return run(text, letters, to, CodePoints::isLetter);
            }
            if (isNumber(c)) {
                return run(text, at, Math.min(to, at + digits), CodePoints::isNumber);
            }
            int body = c == ' ' && at + 1 < to ? at + 1 : at;
            if (isOther(text[body])) {
                int end = run(text, body, to, CodePoints::isOther);
                return run(text, end, to, CodePoints::isNewline);
            }
            return linesOrSpace(text, at, to);
        }
    }

    /// DeepSeek-V3, after numbers and CJK are taken out:
    /// ``[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|`` `
    /// ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`. A character that none of these takes stays
    /// with its like.
    record DeepSeekV3() implements SplitRule.Match {
        @Override
        public int end(int[] text, int at, int to) {
            int c = text[at];
            if (isAsciiPunctuation(c)) {
                int end = run(text, at + 1, to, DeepSeekV3::isAsciiLetter);
                if (end > at + 1) {
                    return end;
                }
            }
            boolean prefix = !isNewline(c) && !isLetterOrMark(c) && !isPunctuationOrSymbol(c);
            int letters = prefix ? at + 1 : at;
            if (letters < to && isLetterOrMark(text[letters])) {
                return run(text, letters, to, CodePoints::isLetterOrMark);
            }
            int body = c == ' ' && at + 1 < to ? at + 1 : at;
            if (isPunctuationOrSymbol(text[body])) {
                int end = run(text, body, to, CodePoints::isPunctuationOrSymbol);
                return run(text, end, to, CodePoints::isNewline);
            }
            return linesOrSpace(text, at, to);
        }

        private static boolean isAsciiPunctuation(int c) {
            return c > ' ' && c < 0x7F && isPunctuationOrSymbol(c);
        }

        private static boolean isAsciiLetter(int c) {
            return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
        }
    }

    private static int run(int[] text, int at, int to, IntPredicate set) {
        int end = at;
        while (end < to && set.test(text[end])) {
            end++;
        }
        return end;
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`
    private static int contraction(int[] text, int at, int to, boolean anyCase) {
        if (text[at] != '\'' || at + 1 >= to) {
            return at;
        }
        int first = lower(text[at + 1], anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return at + 2;
        }
        int second = at + 2 < to ? lower(text[at + 2], anyCase) : -1;
        boolean ends =
                (first == 'r' || first == 'v') && second == 'e' || first == 'l' && second == 'l';
        return ends ? at + 3 : at;
    }

    private static int lower(int c, boolean anyCase) {
        return anyCase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    private static int linesOrSpace(int[] text, int at, int to) {
        int end = run(text, at, to, CodePoints::isSpace);
        int line = end;
        while (line > at && !isNewline(text[line - 1])) {
            line--;
        }
        return line > at ? line : space(text, at, to);
    }

    /// `\s+(?!\S)|\s+`: whitespace leaves its last character to the word that follows.
    private static int space(int[] text, int at, int to) {
        int end = run(text, at, to, CodePoints::isSpace);
        return end < to && end - at > 1 ? end - 1 : end;
    }
}
