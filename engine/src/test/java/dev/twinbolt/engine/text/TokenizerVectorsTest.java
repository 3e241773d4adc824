package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.gguf.GgufFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole vocabularies against the ids that llama.cpp's tests list for them.
class TokenizerVectorsTest {
    @ParameterizedTest
    @ValueSource(strings = {"llama-spm", "phi-3", "gpt-2", "deepseek-llm"})
    void reproducesEveryLine(String name) throws Exception {
        Path path = SharedData.require("tokenizers/ggml-vocab-" + name + ".gguf");
        String[] texts =
                Files.readString(Path.of(path + ".inp")).split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(Path.of(path + ".out"));
        assertEquals(lines.size(), texts.length - 1);
        try (GgufFile file = GgufFile.openHeader(path)) {
            Tokenizer tokenizer = Tokenizer.of(file.metadata());
            for (int i = 0; i < lines.size(); i++) {
                int[] expected =
                        Arrays.stream(lines.get(i).trim().split(" "))
                                .filter(id -> !id.isEmpty())
                                .mapToInt(Integer::parseInt)
                                .toArray();
                int[] actual = tokenizer.encode(texts[i], false);
                assertArrayEquals(expected, actual, "text %d: %s".formatted(i, texts[i]));
                assertEquals(texts[i], decode(tokenizer, actual), "text " + i);
            }
        }
    }

    private static String decode(Tokenizer tokenizer, int[] ids) {
        Detokenizer detokenizer = new Detokenizer(tokenizer);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String piece = detokenizer.accept(id);
            assertEquals(
                    piece,
                    new String(piece.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
            text.append(piece);
        }
        text.append(detokenizer.finish());
        boolean hasPrefix =
                tokenizer.vocabulary().addSpacePrefix() && ids.length > 0 && text.charAt(0) == ' ';
        return hasPrefix ? text.substring(1) : text.toString();
    }
}
