package dev.twinbolt.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which bytes of a model tell it from another.
class FingerprintTest {
    private static final int LARGE = 1000;
    private static final int SMALL = 10;

    @TempDir Path folder;

    private final byte[] large = new byte[LARGE];
    private final byte[] small = new byte[SMALL];

    private String fingerprint(String name) throws Exception {
        Path path = folder.resolve("model.gguf");
        new GgufWriter()
                .metadata("general.name", MetadataValue.of(name))
                .tensor("l", TensorType.I8, List.of((long) LARGE), MemorySegment.ofArray(large))
                .tensor("s", TensorType.I8, List.of((long) SMALL), MemorySegment.ofArray(small))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            return file.fingerprint();
        }
    }

    @Test
    void isOfTheHeaderAndOfTheMiddleOfEachTensor() throws Exception {
        String plain = fingerprint("a");
        assertTrue(plain.matches("[0-9a-f]{64}"), plain);
        assertEquals(plain, fingerprint("a"));
        assertNotEquals(plain, fingerprint("b"));
        int first = (LARGE - 256) / 2;
        for (int at : new int[] {first, first + 255}) {
            large[at] = 1;
            assertNotEquals(plain, fingerprint("a"), "byte " + at);
            large[at] = 0;
        }
        for (int at : new int[] {first - 1, first + 256}) {
            large[at] = 1;
            assertEquals(plain, fingerprint("a"), "byte " + at);
            large[at] = 0;
        }
        for (int at : new int[] {0, SMALL - 1}) {
            small[at] = 1;
            assertNotEquals(plain, fingerprint("a"), "byte " + at + " of the small one");
            small[at] = 0;
        }
    }

    @Test
    void isOfEveryFileOfASplitModel() throws Exception {
        String plain = split(0);
        assertEquals(plain, split(0));
        assertNotEquals(plain, split(1));
    }

    private String split(int lastByte) throws Exception {
        for (int i = 0; i < 2; i++) {
            byte[] data = {0, (byte) (i == 1 ? lastByte : 0)};
            new GgufWriter()
                    .metadata("split.no", MetadataValue.of(i))
                    .metadata("split.count", MetadataValue.of(2))
                    .tensor("t" + i, TensorType.I8, List.of(2L), MemorySegment.ofArray(data))
                    .write(folder.resolve("m-%05d-of-00002.gguf".formatted(i + 1)));
        }
        try (GgufFile file = GgufFile.open(folder.resolve("m-00001-of-00002.gguf"))) {
            return file.fingerprint();
        }
    }

    @Test
    void aFileThatWasCutHasNone() throws Exception {
        fingerprint("a");
        Path path = folder.resolve("model.gguf");
        try (GgufFile file = GgufFile.open(path);
                RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
            cut.setLength(9);
            GgufException e = assertThrows(GgufException.class, file::fingerprint);
            assertTrue(e.toString().contains("has 9 bytes, it had"), e.toString());
        }
    }
}
