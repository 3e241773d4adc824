package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.twinbolt.gguf.GgufException;
import dev.twinbolt.gguf.Metadata;
import dev.twinbolt.gguf.MetadataValue;
import dev.twinbolt.gguf.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostileVocabularyTest {
    private static Vocabularies spm() {
        return Vocabularies.sentencePiece("▁", "a", "b", "ab");
    }

    private static Vocabularies bpe() {
        return Vocabularies.byteLevel("gpt-2", "a b", "ab a");
    }

    private static void assertRefused(Vocabularies v, String... parts) {
        String message = assertThrows(TokenizerException.class, v::tokenizer).toString();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void namesWhatIsUnknownAndWhatIsSupported() {
        assertRefused(spm().put("model", MetadataValue.of("rwkv")), "'rwkv'", "'llama'", "'gpt2'");
        assertRefused(
                bpe().put("pre", MetadataValue.of("jina")),
                "'jina'",
                "gpt-2",
                "llama-bpe",
                "qwen2",
                "deepseek-llm",
                "deepseek-v3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "pre", "tokens", "merges"})
    void namesTheMissingKey(String key) {
        Vocabularies v = bpe();
        v.build();
        v.metadata.remove("tokenizer.ggml." + key);
        GgufException e =
                assertThrows(GgufException.class, () -> Tokenizer.of(new Metadata(v.metadata)));
        assertTrue(e.toString().contains("tokenizer.ggml." + key), e.toString());
    }

    @Test
    void sentencePieceNeedsScores() {
        Vocabularies v = spm();
        v.build();
        v.metadata.remove("tokenizer.ggml.scores");
        TokenizerException e =
                assertThrows(
                        TokenizerException.class, () -> Tokenizer.of(new Metadata(v.metadata)));
        assertTrue(e.toString().contains("tokenizer.ggml.scores"), e.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bos", "eos", "unknown", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"})
    void namesTheIdOutsideTheVocabulary(String name) {
        String key = name + "_token_id";
        assertRefused(spm().put(key, MetadataValue.of(263)), key, "263");
        assertRefused(spm().put(key, new MetadataValue.Int(ValueType.INT32, -1)), key, "-1");
    }

    @Test
    void refusesTypesAndTokensThatCannotBe() {
        assertRefused(spm().add("x", 7), "type 7");
        assertRefused(spm().add("x", -1), "type -1");
        assertRefused(spm().add("<0xZZ>", Vocabularies.BYTE), "<0xZZ>");
        assertRefused(spm().add("c".repeat(1_000_000), Vocabularies.NORMAL), "263", "1000000");
        assertRefused(
                bpe().put("add_bos_token", MetadataValue.of(true)),
                "add_bos_token",
                "bos_token_id");
    }

    @Test
    void anEmptyTokenWritesNothingOfAText() {
        Vocabularies v = spm().add("", Vocabularies.NORMAL).add("", Vocabularies.NORMAL);
        assertEquals("[EMPTY_263]", v.tokenizer().vocabulary().piece(263));
        assertEquals(2, v.tokenizer().encode("a", false).length);
    }

    @Test
    void anIdOutsideTheVocabularyIsRefused() {
        Tokenizer tokenizer = spm().tokenizer();
        for (int id : new int[] {-1, 263, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThrows(TokenizerException.class, () -> new Detokenizer(tokenizer).accept(id));
            assertEquals(false, tokenizer.vocabulary().isEndOfGeneration(id));
        }
    }

    /// Whatever a file says, it is refused with a typed error or its tokenizer works.
    @Test
    void randomDamageIsRefusedOrHarmless() {
        Random random = new Random(6);
        for (int i = 0; i < 3_000; i++) {
            Vocabularies v = random.nextBoolean() ? spm() : bpe();
            v.build();
            List<String> keys = new ArrayList<>(v.metadata.keySet());
            keys.add("tokenizer.ggml.bos_token_id");
            keys.add("tokenizer.ggml.add_bos_token");
            keys.add("tokenizer.ggml.add_space_prefix");
            String key = keys.get(random.nextInt(keys.size()));
            v.metadata.put(key, damage(random));
            assertDoesNotThrow(() -> use(v), key);
        }
    }

    private static void use(Vocabularies v) {
        Tokenizer tokenizer;
        try {
            tokenizer = Tokenizer.of(new Metadata(v.metadata));
        } catch (TokenizerException | GgufException refused) {
            return;
        }
        Detokenizer detokenizer = new Detokenizer(tokenizer);
        for (int id : tokenizer.encode("ab <s> é\n🦉abab", true)) {
            detokenizer.accept(id);
        }
        detokenizer.finish();
    }

    private static MetadataValue damage(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> new MetadataValue.Int(ValueType.INT32, random.nextInt());
            case 1 -> MetadataValue.of(random.nextBoolean());
            case 2 -> MetadataValue.of(List.of("gpt2", "llama", "", " ").get(random.nextInt(4)));
            case 3 -> MetadataValue.of(List.of("a", "", "a b", "ab").subList(0, random.nextInt(5)));
            case 4 -> MetadataValue.of(new int[random.nextInt(300)]);
            case 5 -> MetadataValue.of(new float[random.nextInt(300)]);
            default -> MetadataValue.of(random.nextInt(300));
        };
    }
}
