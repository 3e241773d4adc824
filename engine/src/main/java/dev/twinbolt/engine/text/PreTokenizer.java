package dev.twinbolt.engine.text;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/// How a byte-level BPE cuts text into words before it merges, by `tokenizer.ggml.pre`. Merges
/// never cross a cut.
///
/// Each is a list of rules, applied one after the other to the pieces of the one before. Patterns
/// are those that the models' own `tokenizer.json` publish; names are llama.cpp's
/// (`src/llama-vocab.cpp`), with those of other models that use the same pattern.
enum PreTokenizer {
    GPT2(List.of(new Words.Gpt2()), "gpt-2", "phi-2", "olmo", "mpt"),
    LLAMA_BPE(
            List.of(new Words.Llama3(3)),
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "pixtral",
            "lfm2"),
    QWEN2(List.of(new Words.Llama3(1)), "qwen2", "deepseek-r1-qwen", "megrez"),
    DEEPSEEK_LLM(
            List.of(
                    new SplitRule.Run(CodePoints::isNewline, false, 1),
                    new SplitRule.Run(Sets.CASED, true, Integer.MAX_VALUE),
                    new SplitRule.Run(Sets.PUNCTUATION, true, Integer.MAX_VALUE),
                    new SplitRule.TrailingSpace(),
                    new SplitRule.Run(Sets.ASIAN, false, Integer.MAX_VALUE),
                    new SplitRule.Run(CodePoints::isNumber, false, Integer.MAX_VALUE)),
            "deepseek-llm"),
    DEEPSEEK_V3(
            List.of(
                    new SplitRule.Run(CodePoints::isNumber, false, 3),
                    new SplitRule.Run(Sets.HAN_AND_KANA, false, Integer.MAX_VALUE),
                    new Words.DeepSeekV3()),
            "deepseek-v3",
            "hunyuan-dense");

    private final List<SplitRule> rules;
    private final List<String> names;

    PreTokenizer(List<SplitRule> rules, String... names) {
        this.rules = rules;
        this.names = List.of(names);
    }

    static PreTokenizer of(String name) {
        for (PreTokenizer preTokenizer : values()) {
            if (preTokenizer.names.contains(name)) {
                return preTokenizer;
            }
        }
        throw new TokenizerException(
                "tokenizer.ggml.pre is '"
                        + name
                        + "'; supported are "
                        + Arrays.stream(values())
                                .map(p -> String.join(", ", p.names))
                                .collect(Collectors.joining(", ")));
    }

    /// Whether a word that is a token is taken whole, even where merges would not lead there.
    boolean ignoresMerges() {
        return this == LLAMA_BPE;
    }

    /// The ends of the words of `text`, ascending.
    IntList words(int[] text) {
        IntList ends = new IntList();
        if (text.length > 0) {
            ends.add(text.length);
        }
        for (SplitRule rule : rules) {
            IntList finer = new IntList();
            int from = 0;
            for (int i = 0; i < ends.size(); i++) {
                rule.split(text, from, ends.get(i), finer);
                from = ends.get(i);
            }
            ends = finer;
        }
        return ends;
    }

    /// Character classes of the patterns.
    private static final class Sets {
        static final IntPredicate CASED =
                new CodePointSet(
                        "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽ"
                                + "ᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ί"
                                + "ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇ"
                                + "Ꞌ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃");
        static final IntPredicate PUNCTUATION = new CodePointSet("!-/:-~！-／：-～‘-‟\u3000-。");
        static final IntPredicate ASIAN = new CodePointSet("一-龥\u0800-一\uAC00-\uD7FF");
        static final IntPredicate HAN_AND_KANA = new CodePointSet("一-龥\u3040-ゟ゠-ヿ");
    }
}
