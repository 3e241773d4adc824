package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The hand-written rules against the split patterns that the models' own tokenizer.json publish,
/// run by java.util.regex.
class PreTokenizerTest {
    private static final String CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d";

    /// By name: patterns applied one after the other; what a pattern does not match stays a piece.
    private static final Map<String, List<String>> PATTERNS =
            Map.of(
                    "gpt-2",
                    List.of(
                            CONTRACTIONS
                                    + "| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
                    "llama-bpe",
                    List.of(
                            "(?i:"
                                    + CONTRACTIONS
                                    + ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
                    "qwen2",
                    List.of(
                            "(?i:"
                                    + CONTRACTIONS
                                    + ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
                    "deepseek-v3",
                    List.of(
                            "\\p{N}{1,3}",
                            "[一-龥\u3040-ゟ゠-ヿ]+",
                            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                                    + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                                    + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"));

    private static final String[] POOL = {
        "'s",
        "'S",
        "'re",
        "'LL",
        "'",
        "''",
        "Hello",
        "world",
        "don't",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        " \n ",
        "\u3000",
        "\u00a0",
        "\u000b",
        "\u0085",
        "\u1680",
        "\u2000",
        "\u200a",
        "\u200b",
        "\u202f",
        "\u205f",
        "123",
        "1",
        "1234567",
        "½",
        "Ⅷ",
        "²",
        "你好",
        "世界",
        "こんにちは",
        "カタカナ",
        "한국어",
        "ё",
        "e\u0301",
        "नमस्ते",
        "ไทย",
        "😀",
        "👨\u200d👩",
        "~",
        "$x",
        "!",
        "...",
        "(",
        "_",
        "==",
        "\u0001",
        "ø",
        "ß",
        "™",
        "→",
        "ﬁ",
        "１",
        "。",
        "“",
        "\u2028",
        "the",
        "The"
    };

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "llama-bpe", "qwen2", "deepseek-v3"})
    void cutsAsThePublishedPatternDoes(String name) {
        PreTokenizer rules = PreTokenizer.of(name);
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append(POOL[random.nextInt(POOL.length)]);
            }
            assertEquals(
                    byPattern(PATTERNS.getOrDefault(name, List.of()), text.toString()),
                    byRules(rules, text.toString()),
                    () -> text.codePoints().mapToObj(Integer::toHexString).toList().toString());
        }
    }

    private static List<String> byRules(PreTokenizer rules, String text) {
        int[] codePoints = text.codePoints().toArray();
        IntList ends = rules.words(codePoints);
        List<String> words = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < ends.size(); i++) {
            words.add(new String(codePoints, from, ends.get(i) - from));
            from = ends.get(i);
        }
        return words;
    }

    private static List<String> byPattern(List<String> patterns, String text) {
        List<String> pieces = text.isEmpty() ? List.of() : List.of(text);
        for (String pattern : patterns) {
            List<String> finer = new ArrayList<>();
            for (String piece : pieces) {
                Matcher matcher =
                        Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS).matcher(piece);
                int end = 0;
                while (matcher.find()) {
                    if (matcher.start() > end) {
                        finer.add(piece.substring(end, matcher.start()));
                    }
                    finer.add(matcher.group());
                    end = matcher.end();
                }
                if (end < piece.length()) {
                    finer.add(piece.substring(end));
                }
            }
            pieces = finer;
        }
        return pieces;
    }

    @Test
    void cutsByHand() {
        assertEquals(
                List.of("I", "'M", " here", ",", " ", "123", "4", "!\n"),
                byRules(PreTokenizer.of("llama-bpe"), "I'M here, 1234!\n"));
        assertEquals(
                List.of("I", "'M", " here", ",", " ", "1", "2", "3", "4", "!\n"),
                byRules(PreTokenizer.of("qwen2"), "I'M here, 1234!\n"));
        assertEquals(
                List.of("I", "'M", " here", ",", " ", "123", "4", "!\n", "世界"),
                byRules(PreTokenizer.of("deepseek-v3"), "I'M here, 1234!\n世界"));
        assertEquals(
                List.of(
                        "I", "'", "M", " here", ",", " ", "1234", "!", "\n", "\n", "世界", "é", "。",
                        "한", "\u0001", "  "),
                byRules(PreTokenizer.of("deepseek-llm"), "I'M here, 1234!\n\n世界é。한\u0001  "));
    }
}
