package dev.twinbolt.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MakeCommandTest {
    private static final ValueLayout.OfShort LE_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir Path folder = Path.of("");
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = EngineBench.commandLine().setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private Path make(String name, String... options) {
        Path file = folder.resolve(name);
        String[] start = {"make", "-o", file.toString(), "--layers", "1"};
        int code = run(Stream.of(start, options).flatMap(Arrays::stream).toArray(String[]::new));
        assertEquals(0, code, err::toString);
        return file;
    }

    @Test
    void theSameSeedGivesTheSameBytes() throws IOException {
        Path a = make("a.gguf", "--type", "Q4_K", "--seed", "7");
        Path b = make("b.gguf", "--type", "Q4_K", "--seed", "7");
        assertEquals(-1, Files.mismatch(a, b));
    }

    @Test
    void anotherSeedGivesOtherWeightsInEveryMatrix() {
        Path a = make("a.gguf", "--seed", "7");
        Path b = make("b.gguf", "--seed", "8");
        try (GgufFile one = GgufFile.open(a);
                GgufFile other = GgufFile.open(b)) {
            for (TensorInfo tensor : one.tensors()) {
                boolean isNorm = tensor.ne().size() == 1;
                MemorySegment otherData = other.data(other.tensor(tensor.name()));
                assertEquals(isNorm, one.data(tensor).mismatch(otherData) == -1, tensor.name());
            }
        }
    }

    /// A file made on another platform, or by another release, is this one.
    @ParameterizedTest
    @CsvSource({"Q5_K, 1762298941", "F32, 3367588009"})
    void theBytesAreTheOnesOfEveryPlatform(String type, long expected) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(Files.readAllBytes(make("a.gguf", "--type", type, "--seed", "42")));
        assertEquals(expected, crc.getValue());
    }

    @Test
    void theHeaderAloneIsTheStartOfTheWholeFile() throws IOException {
        byte[] whole = Files.readAllBytes(make("whole.gguf", "--seed", "3"));
        byte[] header = Files.readAllBytes(make("h.gguf", "--seed", "3", "--header-only"));
        assertTrue(header.length < whole.length / 10);
        assertArrayEquals(Arrays.copyOf(whole, header.length), header);
    }

    @Test
    void theHeaderOfAModelOf70BillionWeightsIsSmallAndWhole() throws IOException {
        Path file = folder.resolve("70b.gguf");
        run("make", "--preset", "llama3-70b", "--type", "Q4_K", "--header-only", "-o", file + "");
        assertTrue(Files.size(file) < 5_000_000);
        try (GgufFile header = GgufFile.openHeader(file)) {
            assertEquals(2 + 80 * 9 + 1, header.tensors().size());
            long bytes = header.tensors().stream().mapToLong(TensorInfo::sizeBytes).sum();
            assertEquals(39.7e9, (double) bytes, 0.1e9);
        }
    }

    @Test
    void shapesAndKeysAreAsAsked() {
        Path file =
                make(
                        "a.gguf",
                        ("--dim=96 --heads=6 --kv-heads=2 --ff=160 --vocab=300 --type=Q8_0 --tied"
                                        + " --context=77 --rope-theta=12345")
                                .split(" "));
        try (GgufFile model = GgufFile.open(file)) {
            assertEquals(List.of(96L, 32L), model.tensor("blk.0.attn_k.weight").ne());
            assertEquals(List.of(160L, 96L), model.tensor("blk.0.ffn_down.weight").ne());
            assertEquals(TensorType.Q8_0, model.tensor("token_embd.weight").type());
            assertEquals(TensorType.F32, model.tensor("output_norm.weight").type());
            assertTrue(model.find("output.weight").isEmpty());
            assertEquals(16, model.metadata().int32("llama.rope.dimension_count"));
            assertEquals(6, model.metadata().int32("llama.attention.head_count"));
            assertEquals(2, model.metadata().int32("llama.attention.head_count_kv"));
            assertEquals(77, model.metadata().int32("llama.context_length"));
            assertEquals(12345, model.metadata().float32("llama.rope.freq_base"));
            List<String> tokens = model.metadata().strings("tokenizer.ggml.tokens");
            assertEquals(300, tokens.size());
            assertEquals("<0x00>", tokens.get(3));
            assertEquals(300, tokens.stream().distinct().count());
        }
    }

    @Test
    void deviationOfQ8_0WeightsIsSane() {
        try (GgufFile model = GgufFile.open(make("a.gguf", "--type", "Q8_0"))) {
            MemorySegment data = model.data(model.tensor("blk.0.attn_q.weight"));
            double squares = 0;
            for (long at = 0; at < data.byteSize(); at += 34) {
                float d = Float.float16ToFloat(data.get(LE_SHORT, at));
                for (int i = 2; i < 34; i++) {
                    squares += Math.pow(d * data.get(ValueLayout.JAVA_BYTE, at + i), 2);
                }
            }
            assertEquals(0.02, Math.sqrt(squares / (256 * 256)), 0.001);
        }
    }

    @Test
    void deviationOfF16WeightsIsSane() {
        try (GgufFile model = GgufFile.open(make("a.gguf", "--type", "F16"))) {
            MemorySegment data = model.data(model.tensor("blk.0.attn_q.weight"));
            double squares = 0;
            for (long at = 0; at < data.byteSize(); at += 2) {
                squares += Math.pow(Float.float16ToFloat(data.get(LE_SHORT, at)), 2);
            }
            assertEquals(0.02, Math.sqrt(squares / (256 * 256)), 0.001);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--heads 7 | --heads 7 does not divide --dim 256",
                "--kv-heads 3 | --kv-heads 3 does not divide --heads 8",
                "--heads 256 --kv-heads 1 | gives 1 elements a head; expected an even number",
                "--ff 800 --type Q4_K | --ff 800 is not a multiple of 256, the block size of Q4_K",
                "--dim 264 --heads 4 --type Q8_0 | --dim 264 is not a multiple of 32",
                "--vocab 258 | --vocab 258; expected 259 to",
                "--vocab 10000001 | --vocab 10000001; expected 259 to 10000000",
                "--layers 0 | --layers 0; expected 1 to",
                "--layers 10001 | --layers 10001; expected 1 to 10000",
                "--dim 0 | --dim 0; expected 1 to",
                "--heads 0 | --heads 0; expected 1 to 256",
                "--kv-heads 16 | --kv-heads 16; expected 1 to 8",
                "--ff 0 | --ff 0; expected 1 to",
                "--context 0 | --context 0; expected 1 to",
                "--rope-theta NaN | --rope-theta NaN; expected",
                "--rope-theta Infinity | --rope-theta Infinity; expected",
                "--layers x | Invalid value for option '--layers'",
                "--rope-theta 0 | --rope-theta 0.0; expected",
                "--type Q8_1 | --type Q8_1 cannot be made; expected one of F32, F16",
                "--arch qwen3 | --arch qwen3 cannot be made; expected llama",
                "--preset giant | --preset giant is unknown; expected one of tiny",
                "--frobnicate | Unknown option: '--frobnicate'"
            })
    void aWrongCommandLineIsOneLine(String options, String said) {
        Path file = folder.resolve("a.gguf");
        assertEquals(2, run(("make -o " + file + " " + options).split(" ")));
        assertOneLine(said);
        assertFalse(Files.exists(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"make", "nonsense"})
    void aMissingPartOfTheCommandLineIsOneLine(String arguments) {
        assertEquals(2, run(arguments));
        assertOneLine("; see --help");
    }

    @Test
    void anExistingFileIsOverwrittenOnlyByForce() throws IOException {
        Path file = Files.writeString(folder.resolve("a.gguf"), "precious");
        assertEquals(2, run("make", "-o", file.toString()));
        assertOneLine("a.gguf exists; give another name, or --force to overwrite it");
        assertEquals("precious", Files.readString(file));
        make("a.gguf", "--force");
        assertTrue(Files.size(file) > 1_000_000);
    }

    @Test
    void aModelLargerThanTheDiskIsRefusedBeforeItIsBegun() {
        Path file = folder.resolve("a.gguf");
        assertEquals(8, run(("make --layers 10000 --dim 65536 --ff 262144 -o " + file).split(" ")));
        assertOneLine("its disk has");
        assertFalse(Files.exists(file));
    }

    @Test
    void aFolderThatIsNotThereIsAWrongCommandLine() {
        assertEquals(2, run("make", "-o", folder.resolve("absent/a.gguf").toString()));
        assertOneLine("there is no folder");
    }

    @Test
    void aPlaceThatTakesNoFilesIsOneLine() {
        Path proc = Path.of("/proc");
        assumeTrue(Files.isDirectory(proc), "no /proc here");
        for (String options : List.of("--layers 1", "--header-only")) {
            err.getBuffer().setLength(0);
            assertEquals(8, run(("make -o /proc/x.gguf " + options).split(" ")), err::toString);
            assertOneLine("engine-bench make: cannot write /proc/x.gguf: ");
            assertFalse(err.toString().contains("Exception"), err::toString);
        }
    }

    private void assertOneLine(String said) {
        String text = err.toString();
        assertEquals(1, text.lines().count(), text);
        assertTrue(text.startsWith("engine-bench"), text);
        assertTrue(text.contains(said), text);
    }
}
