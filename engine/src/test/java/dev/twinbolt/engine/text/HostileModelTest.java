package dev.twinbolt.engine.text;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.twinbolt.engine.model.Model;
import dev.twinbolt.engine.model.ModelException;
import dev.twinbolt.gguf.GgufException;
import dev.twinbolt.gguf.GgufFile;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real files, cut and mutated: they are read, or refused with a typed error. Runs under a small
/// heap. `-Dtwinbolt.fuzz=10` gives the larger file, too, 10,000 mutations and 1,000 cuts.
class HostileModelTest {
    private static final int EFFORT = Integer.getInteger("twinbolt.fuzz", 1);

    @TempDir Path folder;

    @Test
    void aModelCutOrMutatedAnywhereIsReadOrRefused() throws Exception {
        fuzz("models/stories260k-f32.gguf", 10_000, 1_000);
    }

    @Test
    void aVocabularyCutOrMutatedAnywhereIsReadOrRefused() throws Exception {
        fuzz("tokenizers/ggml-vocab-phi-3.gguf", 1_000 * EFFORT, 100 * EFFORT);
    }

    private void fuzz(String name, int mutations, int cuts) throws Exception {
        byte[] whole = Files.readAllBytes(SharedData.require(name));
        Path path = folder.resolve("fuzz.gguf");
        Files.write(path, whole);
        Random random = new Random(7);
        int refused = 0;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            for (int i = 0; i < mutations; i++) {
                // Most bytes are tensor data or token text: half of the mutations hit the start.
                int at = random.nextInt(i % 2 == 0 ? whole.length : Math.min(whole.length, 8192));
                file.seek(at);
                file.write(whole[at] ^ (1 + random.nextInt(255)));
                refused += open(path, "byte %d mutated, step %d".formatted(at, i));
                file.seek(at);
                file.write(whole[at]);
            }
            for (int i = 0; i < cuts; i++) {
                int length = random.nextInt(whole.length);
                file.setLength(length);
                refused += open(path, "cut to " + length);
                file.seek(length);
                file.write(whole, length, whole.length - length);
            }
        }
        assertTrue(refused > cuts / 2, refused + " refused");
    }

    /// 1 where the file was refused.
    private static int open(Path path, String what) {
        int refused = 0;
        try (GgufFile file = GgufFile.open(path)) {
            try {
                Model.of(file);
            } catch (ModelException | GgufException e) {
                refused = 1;
            }
            Detokenizer detokenizer = new Detokenizer(Tokenizer.of(file.metadata()));
            detokenizer.accept(0);
        } catch (TokenizerException | GgufException e) {
            refused = 1;
        } catch (RuntimeException | Error e) {
            return fail(what, e);
        }
        return refused;
    }
}
