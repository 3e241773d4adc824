package dev.twinbolt.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs under a small heap: an allocation by an announced count would end the test.
class HostileFileTest {
    @TempDir Path folder;

    /// A file written field by field, so that any field can be wrong.
    private static final class Raw {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Raw header(long tensorCount, long metadataCount) {
            return text("GGUF").int32(3).int64(tensorCount).int64(metadataCount);
        }

        Raw text(String text) {
            out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Raw string(String text) {
            return int64(text.getBytes(StandardCharsets.UTF_8).length).text(text);
        }

        Raw int32(int value) {
            return bytes(
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        }

        Raw int64(long value) {
            return bytes(
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
        }

        Raw tensor(String name, int type, long offset, long... ne) {
            string(name).int32(ne.length);
            for (long n : ne) {
                int64(n);
            }
            return int32(type).int64(offset);
        }

        Raw pad(int sizeBytes) {
            return bytes(new byte[sizeBytes]);
        }

        Raw bytes(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }
    }

    private GgufException refuse(Raw raw) throws Exception {
        Path path = folder.resolve("hostile.gguf");
        Files.write(path, raw.out.toByteArray());
        return assertThrows(GgufException.class, () -> GgufFile.open(path).close());
    }

    private void assertRefused(Raw raw, long offset, String rule) throws Exception {
        GgufException e = refuse(raw);
        assertEquals(offset, e.offset(), e.toString());
        assertTrue(e.toString().contains(rule), e.toString());
        assertTrue(e.toString().contains("byte " + offset), e.toString());
    }

    @Test
    void namesHugeCounts() throws Exception {
        assertRefused(new Raw().header(Long.MAX_VALUE, 0), 8, "tensor count");
        assertRefused(new Raw().header(-1, 0), 8, "18446744073709551615");
        assertRefused(new Raw().header(0, 1L << 40).pad(100), 16, "metadata count");
        assertRefused(new Raw().header(0, 1).int64(1L << 62).pad(99), 24, "key 0");
        assertRefused(new Raw().header(0, 1).string("k").int32(8).int64(1L << 33).pad(9), 37, "k:");
        assertRefused(
                new Raw().header(0, 1).string("k").int32(9).int32(4).int64(1L << 61).pad(99),
                41,
                "announced");
        assertRefused(
                new Raw().header(0, 1).string("k").int32(9).int32(8).int64(1L << 61).pad(99),
                41,
                "announced");
    }

    /// The announced bytes are there, in a sparse file of 300 MiB.
    private void assertTooLargeForTheHeap(Raw raw) throws Exception {
        assertTooLargeForTheHeap(raw, 300 << 20);
    }

    private void assertTooLargeForTheHeap(Raw raw, long fileBytes) throws Exception {
        Path path = folder.resolve("sparse.gguf");
        Files.write(path, raw.out.toByteArray());
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(fileBytes);
        }
        GgufException e =
                assertThrows(GgufException.class, () -> GgufFile.openHeader(path).close());
        assertTrue(e.toString().contains("bytes of heap"), e.toString());
        assertTrue(e.offset() > 0, e.toString());
    }

    @Test
    void refusesWhatTheHeapDoesNotHold() throws Exception {
        int[] perElement = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        for (int type : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12}) {
            assertTooLargeForTheHeap(
                    new Raw()
                            .header(0, 1)
                            .string("k")
                            .int32(9)
                            .int32(type)
                            .int64((200L << 20) / perElement[type]));
        }
        assertTooLargeForTheHeap(new Raw().header(0, 1).string("k").int32(8).int64(60 << 20));
        // What a string costs beside its text makes this more than an int holds.
        assertTooLargeForTheHeap(
                new Raw().header(0, 1).string("k").int32(8).int64(Integer.MAX_VALUE - 9), 3L << 30);
        // Empty strings: eight bytes each.
        assertTooLargeForTheHeap(
                new Raw().header(0, 1).string("k").int32(9).int32(8).int64(30_000_000));
        Raw manyKeys = new Raw().header(0, 200_000);
        for (int i = 0; i < 200_000; i++) {
            manyKeys.string("%05x".formatted(i)).int32(7).pad(1);
        }
        assertTooLargeForTheHeap(manyKeys);
        Raw manyTensors = new Raw().header(100_000, 0);
        for (int i = 0; i < 100_000; i++) {
            manyTensors.tensor("%05x".formatted(i), 0, 0, 0);
        }
        assertTooLargeForTheHeap(manyTensors);
    }

    @Test
    void theFilesOfASplitModelShareOneHeap() throws Exception {
        // Each file alone takes two thirds of the budget.
        byte[] numbers = new byte[(int) (new HeapBudget().limitBytes() / 3 * 2)];
        for (int i = 0; i < 2; i++) {
            new GgufWriter()
                    .metadata("split.no", MetadataValue.of(i))
                    .metadata("split.count", MetadataValue.of(2))
                    .metadata(
                            "k",
                            new MetadataValue.Numbers(ValueType.INT8, ByteBuffer.wrap(numbers)))
                    .write(folder.resolve("m-%05d-of-00002.gguf".formatted(i + 1)));
        }
        GgufException e =
                assertThrows(
                        GgufException.class,
                        () -> GgufFile.open(folder.resolve("m-00001-of-00002.gguf")).close());
        assertTrue(e.toString().contains("m-00002-of-00002.gguf"), e.toString());
    }

    @Test
    void namesWhatIsWrongWithMetadata() throws Exception {
        assertRefused(new Raw().text("GGML").pad(20), 0, "GGUF");
        assertRefused(
                new Raw().header(0, 1).string("k").int32(13).pad(9), 33, "unknown value type");
        assertRefused(
                new Raw().header(0, 1).string("k").int32(9).int32(9).pad(20),
                37,
                "array of arrays");
        assertRefused(
                new Raw().header(0, 2).string("k").int32(7).pad(1).string("k").int32(7).pad(1),
                38,
                "occurs twice");
        assertRefused(
                new Raw()
                        .header(0, 1)
                        .string("k")
                        .int32(8)
                        .int64(3)
                        .bytes(new byte[] {'a', (byte) 0xC3, 'b'}),
                46,
                "UTF-8");
        assertRefused(
                new Raw()
                        .header(0, 1)
                        .string("k")
                        .int32(8)
                        .int64(6)
                        .text("\uFFFD")
                        .bytes(new byte[] {'a', (byte) 0xE2, (byte) 0x82}),
                49,
                "UTF-8");
        assertRefused(
                new Raw().header(0, 1).string("general.alignment").int32(4).int32(48),
                57,
                "power of two");
        assertRefused(
                new Raw().header(0, 1).string("general.alignment").int32(4).int32(1 << 25),
                57,
                "power of two up to 16777216");
    }

    @Test
    void aTensorOfNothingOverlapsNone() throws Exception {
        Path path = folder.resolve("empty.gguf");
        Raw raw = new Raw().header(2, 0).tensor("a", 0, 0, 9).tensor("z", 0, 32, 0).pad(96);
        Files.write(path, raw.out.toByteArray());
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals(0, file.data(file.tensor("z")).byteSize());
        }
    }

    @Test
    void namesWhatIsWrongWithTensors() throws Exception {
        assertRefused(new Raw().header(1, 0).tensor("t", 4, 0, 32).pad(64), 45, "type 4");
        assertRefused(new Raw().header(1, 0).tensor("t", 2, 0, 33).pad(64), 45, "multiple of 32");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, 4, 8).pad(64), 49, "multiple of 32");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, 8, 8).pad(64), 49, "multiple of 32");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, -32, 8).pad(64), 49, "offset");
        assertRefused(
                new Raw()
                        .header(1, 1)
                        .string("general.alignment")
                        .int32(4)
                        .int32(64)
                        .tensor("t", 0, 32, 8)
                        .pad(128),
                82,
                "multiple of 64");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, 0, -8).pad(64), 37, "dimension 0");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, 0, 1L << 40, 1L << 40), 24, "2^63");
        assertRefused(
                new Raw().header(1, 0).tensor("t", 0, Long.MAX_VALUE - 31, 8).pad(64), 24, "2^63");
        assertRefused(
                new Raw().header(1, 0).tensor("t", 0, Long.MAX_VALUE - 63, 8).pad(64), 24, "2^63");
        assertRefused(new Raw().header(1, 0).string("t").int32(5).pad(64), 33, "5 dimensions");
        assertRefused(
                new Raw().header(2, 0).tensor("t", 0, 0, 8).tensor("t", 0, 32, 8).pad(96),
                57,
                "occurs twice");
        assertRefused(
                new Raw().header(2, 0).tensor("a", 0, 0, 9).tensor("b", 0, 32, 8).pad(96),
                57,
                "overlaps a");
        assertRefused(new Raw().header(1, 0).tensor("t", 0, 0, 64).pad(100), 64, "truncated");
        long beyond = 1L << 40;
        assertRefused(
                new Raw().header(1, 0).tensor("t", 0, beyond, 0).pad(100), 64 + beyond, "0 bytes");
        // An overlap by one byte.
        assertRefused(
                new Raw().header(2, 0).tensor("a", 24, 0, 33).tensor("b", 24, 32, 8).pad(96),
                57,
                "overlaps a");
    }

    @Test
    void aFileCutAtAnyByteOfItsHeaderIsRefused() throws Exception {
        byte[] whole =
                new Raw()
                        .header(1, 2)
                        .string("general.architecture")
                        .int32(8)
                        .string("llama")
                        .string("tokens")
                        .int32(9)
                        .int32(8)
                        .int64(2)
                        .string("a")
                        .string("bc")
                        .tensor("t", 0, 0, 8)
                        .pad(64)
                        .out
                        .toByteArray();
        Path path = folder.resolve("cut.gguf");
        int dataEnd = Math.toIntExact(Alignment.roundUp(whole.length - 64, 32)) + 32;
        for (int length = 0; length < dataEnd; length++) {
            Files.write(path, java.util.Arrays.copyOf(whole, length));
            int cut = length;
            assertThrows(
                    GgufException.class, () -> GgufFile.open(path).close(), () -> "cut at " + cut);
        }
        Files.write(path, java.util.Arrays.copyOf(whole, dataEnd));
        GgufFile.open(path).close();
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThrows(GgufException.class, () -> GgufFile.open(folder));
        assertThrows(GgufException.class, () -> GgufFile.open(folder.resolve("absent")));
    }

    @Test
    void aFileCutWhileItIsMappedGivesATypedError() throws Exception {
        Path path = folder.resolve("mapped.gguf");
        byte[] data = new byte[1 << 20];
        new GgufWriter()
                .tensor(
                        "t",
                        TensorType.I8,
                        List.of((long) data.length),
                        MemorySegment.ofArray(data))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(cut.length() - 1);
                assertThrows(GgufException.class, file::checkIntact);
                cut.setLength(4096);
            }
            GgufException e =
                    assertThrows(
                            GgufException.class,
                            () ->
                                    file.read(
                                            file.tensor("t"),
                                            0,
                                            MemorySegment.ofArray(new byte[9])));
            assertTrue(e.toString().contains("4096"), e.toString());
            assertThrows(GgufException.class, file::checkIntact);
            assertThrows(
                    InternalError.class,
                    () -> file.data(file.tensor("t")).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /// All conversations of a model share its file, and each has a thread that may be interrupted.
    @Test
    void anInterruptedThreadReadsWithoutHarmToOthers() throws Exception {
        Path path = folder.resolve("shared.gguf");
        new GgufWriter()
                .tensor(
                        "t",
                        TensorType.I8,
                        List.of(4L),
                        MemorySegment.ofArray(new byte[] {1, 2, 3, 4}))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            String fingerprint = file.fingerprint();
            MemorySegment two = MemorySegment.ofArray(new byte[2]);
            Thread.currentThread().interrupt();
            file.checkIntact();
            file.read(file.tensor("t"), 1, two);
            assertEquals(fingerprint, file.fingerprint());
            assertTrue(Thread.interrupted(), "it stays interrupted");
            assertArrayEquals(new byte[] {2, 3}, two.toArray(ValueLayout.JAVA_BYTE));
            file.checkIntact();
        } finally {
            Thread.interrupted();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"models/stories260k-f32.gguf", "tokenizers/ggml-vocab-phi-3.gguf"})
    void cutAnywhereOrMutatedAnywhereItIsReadOrRefused(String name) throws Exception {
        Path source = SharedData.require(name);
        Path path = folder.resolve("fuzz.gguf");
        Random random = new Random(42);
        byte[] whole = Files.readAllBytes(source);
        Files.copy(source, path, StandardCopyOption.REPLACE_EXISTING);
        assertTrue(path.toFile().setWritable(true));
        int refused = 0;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            for (int i = 0; i < 10_000; i++) {
                // Most bytes are tensor data or token text: half of the mutations hit the start.
                int at = random.nextInt(i % 2 == 0 ? whole.length : Math.min(whole.length, 8192));
                file.seek(at);
                file.write(whole[at] ^ (1 + random.nextInt(255)));
                refused += readAll(path, "byte %d mutated, step %d".formatted(at, i));
                file.seek(at);
                file.write(whole[at]);
            }
            for (int i = 0; i < 1_000; i++) {
                int length = random.nextInt(whole.length);
                file.setLength(length);
                refused += readAll(path, "cut to " + length);
                file.seek(length);
                file.write(whole, length, whole.length - length);
            }
        }
        assertTrue(refused > 1000, "only %d of 11000 refused".formatted(refused));
    }

    /// 1 where the file was refused, 0 where it could be read to its end.
    private static int readAll(Path path, String what) {
        try (GgufFile file = GgufFile.open(path)) {
            for (TensorInfo info : file.tensors()) {
                MemorySegment data = file.data(info);
                if (data.byteSize() > 0) {
                    data.get(ValueLayout.JAVA_BYTE, data.byteSize() - 1);
                }
            }
            return 0;
        } catch (GgufException e) {
            return 1;
        } catch (RuntimeException | Error e) {
            return fail(what, e);
        }
    }
}
