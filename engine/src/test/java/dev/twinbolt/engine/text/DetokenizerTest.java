package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DetokenizerTest {
    private static final Vocabularies VOCABULARY = Vocabularies.sentencePiece("▁", "a");

    /// Cut after each byte: only whole characters are out by then, and what is left is U+FFFD.
    @Test
    void emitsACharacterWithItsLastByte() {
        String text = "aé日🦉\u07FF\uFFFF👨\u200d👩z";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            Detokenizer detokenizer = new Detokenizer(VOCABULARY.tokenizer());
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < cut; i++) {
                out.append(detokenizer.accept(token(bytes[i])));
                assertEquals(whole(bytes, i + 1), out.toString());
            }
            boolean isWhole = cut == bytes.length || (bytes[cut] & 0xC0) != 0x80;
            assertEquals(isWhole ? "" : "\uFFFD", detokenizer.finish());
            assertEquals("a", detokenizer.accept(token((byte) 'a')));
        }
    }

    /// The characters that `bytes` has in full before `end`.
    private static String whole(byte[] bytes, int end) {
        int last = end;
        while (last < bytes.length && (bytes[last] & 0xC0) == 0x80) {
            last--;
        }
        return new String(bytes, 0, last, StandardCharsets.UTF_8);
    }

    @Test
    void anyBytesBecomeTheTextThatTheyAre() {
        Random random = new Random(2);
        Tokenizer tokenizer = VOCABULARY.tokenizer();
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(8)];
            random.nextBytes(bytes);
            Detokenizer detokenizer = new Detokenizer(tokenizer);
            StringBuilder out = new StringBuilder();
            for (byte b : bytes) {
                out.append(detokenizer.accept(token(b)));
            }
            out.append(detokenizer.finish());
            assertEquals(
                    new String(bytes, StandardCharsets.UTF_8),
                    out.toString(),
                    () -> Arrays.toString(bytes));
        }
    }

    private static int token(byte b) {
        return 3 + (b & 0xFF);
    }
}
