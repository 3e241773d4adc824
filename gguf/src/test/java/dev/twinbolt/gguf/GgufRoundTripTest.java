package dev.twinbolt.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRoundTripTest {
    @TempDir Path folder;

    @Test
    void readsEveryMetadataTypeThatItWrites() throws Exception {
        Path path = folder.resolve("metadata.gguf");
        new GgufWriter()
                .metadata("u8", new MetadataValue.Int(ValueType.UINT8, 255))
                .metadata("i8", new MetadataValue.Int(ValueType.INT8, -128))
                .metadata("u16", new MetadataValue.Int(ValueType.UINT16, 65535))
                .metadata("i16", new MetadataValue.Int(ValueType.INT16, -32768))
                .metadata("u32", new MetadataValue.Int(ValueType.UINT32, 0xFFFFFFFFL))
                .metadata("i32", new MetadataValue.Int(ValueType.INT32, Integer.MIN_VALUE))
                .metadata("u64", new MetadataValue.Int(ValueType.UINT64, -1))
                .metadata("i64", new MetadataValue.Int(ValueType.INT64, Long.MIN_VALUE))
                .metadata("f32", MetadataValue.of(1.5f))
                .metadata("f64", new MetadataValue.Real(ValueType.FLOAT64, Math.PI))
                .metadata("bool", MetadataValue.of(true))
                .metadata("text", MetadataValue.of("Grüße 🦉"))
                .metadata("texts", MetadataValue.of(List.of("", "a", "日本", "\uFFFD")))
                .metadata("floats", MetadataValue.of(1f, -2f))
                .metadata("ints", MetadataValue.of(3, -4))
                .metadata(
                        "bools",
                        new MetadataValue.Numbers(
                                ValueType.BOOL, ByteBuffer.wrap(new byte[] {1, 0})))
                .metadata(
                        "u16s",
                        new MetadataValue.Numbers(
                                ValueType.UINT16, ByteBuffer.wrap(new byte[] {-1, -1})))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            Metadata m = file.metadata();
            assertEquals(3, file.version());
            assertEquals(255, m.integer("u8"));
            assertEquals(-128, m.int32("i8"));
            assertEquals(65535, m.int32("u16"));
            assertEquals(-32768, m.int32("i16"));
            assertEquals(0xFFFFFFFFL, m.integer("u32"));
            assertEquals(Integer.MIN_VALUE, m.int32("i32"));
            assertEquals(Long.MIN_VALUE, m.integer("i64"));
            assertEquals(1.5f, m.float32("f32"));
            assertEquals((float) Math.PI, m.float32("f64"));
            assertTrue(m.bool("bool", false));
            assertEquals("Grüße 🦉", m.string("text"));
            assertEquals(List.of("", "a", "日本", "\uFFFD"), m.strings("texts"));
            assertArrayEquals(new float[] {1, -2}, m.floats("floats"));
            assertArrayEquals(new int[] {3, -4}, m.ints("ints"));
            assertArrayEquals(new boolean[] {true, false}, m.bools("bools"));
            assertArrayEquals(new int[] {65535}, m.ints("u16s"));
            assertEquals(7, m.int32("absent", 7));
            assertNames("u64", "18446744073709551615", () -> m.integer("u64"));
            assertNames("u32", "4294967295", () -> m.int32("u32"));
            assertNames("text", "STRING", () -> m.integer("text"));
            assertNames("ints", "an array of 2 INT32", () -> m.strings("ints"));
            assertNames("absent", "missing", () -> m.string("absent"));
        }
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void readsTensorsOfEveryType(TensorType type) throws Exception {
        Path path = folder.resolve("tensors.gguf");
        Random random = new Random(type.id());
        List<Long> ne = List.of(2L * type.blockSize(), 3L, 2L);
        byte[] data = new byte[2 * 3 * 2 * type.blockBytes()];
        random.nextBytes(data);
        new GgufWriter()
                .tensor("odd", TensorType.I8, List.of(5L), MemorySegment.ofArray(new byte[5]))
                .tensor("t", type, ne, MemorySegment.ofArray(data))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            TensorInfo info = file.tensor("t");
            assertEquals(ne, info.ne());
            assertEquals(type, info.type());
            assertEquals(data.length, info.sizeBytes());
            assertEquals(0, info.offsetBytes() % 32);
            assertArrayEquals(data, file.data(info).toArray(ValueLayout.JAVA_BYTE));
            byte[] tail = new byte[type.blockBytes()];
            file.read(info, data.length - tail.length, MemorySegment.ofArray(tail));
            assertArrayEquals(
                    java.util.Arrays.copyOfRange(data, data.length - tail.length, data.length),
                    tail);
            assertEquals(
                    List.of("odd", "t"), file.tensors().stream().map(TensorInfo::name).toList());
            assertNames("no tensor", "gone", () -> file.tensor("gone"));
        }
    }

    @Test
    void readsVersionTwoAndRefusesTheOthers() throws Exception {
        Path path = folder.resolve("version.gguf");
        new GgufWriter().metadata("k", MetadataValue.of("v")).write(path);
        byte[] bytes = Files.readAllBytes(path);
        bytes[4] = 2;
        Files.write(path, bytes);
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals(2, file.version());
        }
        bytes[4] = 1;
        Files.write(path, bytes);
        assertNames("got 1", "byte 4", () -> GgufFile.open(path));
        bytes[4] = 0;
        bytes[7] = 3;
        Files.write(path, bytes);
        assertNames("big-endian", "byte 4", () -> GgufFile.open(path));
    }

    @Test
    void readsTheFilesOfASplitModelAsOne() throws Exception {
        for (int i = 0; i < 3; i++) {
            byte[] data = {(byte) i, 1, 2, 3};
            part(i, 3)
                    .tensor("t" + i, TensorType.I8, List.of(4L), MemorySegment.ofArray(data))
                    .write(splitPath(i, 3));
        }
        try (GgufFile file = GgufFile.open(splitPath(0, 3))) {
            assertEquals(3, file.tensors().size());
            for (int i = 0; i < 3; i++) {
                TensorInfo info = file.tensor("t" + i);
                assertEquals(i, info.part());
                assertEquals(i, file.data(info).get(ValueLayout.JAVA_BYTE, 0));
            }
        }
        assertNames("not the first", "00001-of-00003", () -> GgufFile.open(splitPath(1, 3)));
        Files.delete(splitPath(2, 3));
        assertNames("no such file", "00003-of-00003", () -> GgufFile.open(splitPath(0, 3)));
    }

    @Test
    void refusesAFileOfAnotherSplitModel() throws Exception {
        part(0, 2).write(splitPath(0, 2));
        part(1, 3).write(splitPath(1, 2));
        assertNames("number 2 of 3", "expected 2 of 2", () -> GgufFile.open(splitPath(0, 2)));
        part(0, 2).write(splitPath(1, 2));
        assertNames("number 1 of 2", "expected 2 of 2", () -> GgufFile.open(splitPath(0, 2)));
    }

    @Test
    void refusesASplitModelUnderAnotherName() throws Exception {
        for (String name : List.of("m.gguf", "m-00001-of-00003.gguf", "-00001-of-00002.gguf")) {
            part(0, 2).write(folder.resolve(name));
            assertNames(
                    name + " is one of 2 files",
                    "-00001-of-00002.gguf",
                    () -> GgufFile.open(folder.resolve(name)));
        }
        // The first by its name alone, or by its metadata alone.
        part(1, 2).write(splitPath(0, 2));
        assertNames("not the first of 2", "00001-of", () -> GgufFile.open(splitPath(0, 2)));
        part(0, 2).write(splitPath(1, 2));
        assertNames("not the first of 2", "00001-of", () -> GgufFile.open(splitPath(1, 2)));
    }

    @Test
    void refusesASplitModelWhoseFilesShareATensor() throws Exception {
        for (int i = 0; i < 2; i++) {
            part(i, 2)
                    .tensor("t", TensorType.I8, List.of(4L), MemorySegment.ofArray(new byte[4]))
                    .write(splitPath(i, 2));
        }
        assertNames("tensor t", "another file", () -> GgufFile.open(splitPath(0, 2)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void refusesASplitModelWithOtherTensorsThanItAnnounces(int each) throws Exception {
        for (int i = 0; i < 2; i++) {
            GgufWriter part = part(i, 2);
            for (int t = 0; t < each; t++) {
                part.tensor(
                        "t" + i + t,
                        TensorType.I8,
                        List.of(4L),
                        MemorySegment.ofArray(new byte[4]));
            }
            part.write(splitPath(i, 2));
        }
        assertNames("expected 2 tensors", "got " + 2 * each, () -> GgufFile.open(splitPath(0, 2)));
    }

    @Test
    void opensAHeaderWithoutItsData() throws Exception {
        Path path = folder.resolve("header.gguf");
        new GgufWriter()
                .tensor("huge", TensorType.F32, List.of(1L << 30, 16L), MemorySegment.NULL)
                .writeHeader(path);
        try (GgufFile file = GgufFile.openHeader(path)) {
            assertEquals(1L << 36, file.tensor("huge").sizeBytes());
            assertThrows(IllegalStateException.class, () -> file.data(file.tensor("huge")));
        }
        assertNames("header.gguf", "enough to plan with", () -> GgufFile.open(path));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 15, 17})
    void aSourceThatWritesTooLittleOrTooMuchLeavesNoFile(int size) throws Exception {
        Path path = folder.resolve("short.gguf");
        GgufWriter writer =
                new GgufWriter()
                        .tensor("t", TensorType.F32, List.of(4L), out -> out.write(new byte[size]));
        assertThrows(java.io.IOException.class, () -> writer.write(path));
        try (var files = Files.list(folder)) {
            assertEquals(Collections.emptyList(), files.toList());
        }
    }

    @Test
    void refusesToWriteWhatNobodyCouldRead() {
        GgufWriter writer = new GgufWriter().metadata("k", MetadataValue.of(1));
        MemorySegment none = MemorySegment.NULL;
        writer.tensor("t", TensorType.Q8_0, List.of(32L), none);
        List<org.junit.jupiter.api.function.Executable> refused =
                List.of(
                        () -> writer.metadata("k", MetadataValue.of(2)),
                        () -> writer.tensor("t", TensorType.F32, List.of(1L), none),
                        () -> writer.tensor("u", TensorType.F32, List.of(), none),
                        () -> writer.tensor("u", TensorType.F32, List.of(1L, 1L, 1L, 1L, 1L), none),
                        () -> writer.tensor("u", TensorType.Q8_0, List.of(33L), none));
        refused.forEach(action -> assertThrows(IllegalArgumentException.class, action));
    }

    private GgufWriter part(int index, int count) {
        return new GgufWriter()
                .metadata("split.no", new MetadataValue.Int(ValueType.UINT16, index))
                .metadata("split.count", new MetadataValue.Int(ValueType.UINT16, count))
                .metadata("split.tensors.count", new MetadataValue.Int(ValueType.INT32, count));
    }

    private Path splitPath(int index, int count) {
        return folder.resolve("m-%05d-of-%05d.gguf".formatted(index + 1, count));
    }

    /// A header is read piecewise: these strings lie over the edges of the pieces, or are longer.
    @Test
    void readsStringsOfAnyLengthAtAnyPlace() throws Exception {
        Path path = folder.resolve("strings.gguf");
        List<String> texts =
                IntStream.range(0, 1200).mapToObj(i -> "é" + "abc".repeat(i % 50)).toList();
        String exact = "x".repeat(1 << 16);
        new GgufWriter()
                .metadata("texts", MetadataValue.of(texts))
                .metadata("exact", MetadataValue.of(exact))
                .metadata("long", MetadataValue.of(exact + "ü"))
                .metadata("next", MetadataValue.of(7))
                .write(path);
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals(texts, file.metadata().strings("texts"));
            assertEquals(exact, file.metadata().string("exact"));
            assertEquals(exact + "ü", file.metadata().string("long"));
            assertEquals(7, file.metadata().int32("next"));
        }
    }

    private static void assertNames(
            String first, String second, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(GgufException.class, action).toString();
        assertTrue(message.contains(first) && message.contains(second), message);
    }
}
