package dev.twinbolt.kernels.cpu.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.gguf.TensorType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/// What ggml itself made of blocks and rows: the arbiter where codec and formula agree in an error.
final class GgmlBlocksTest {
    @Test
    void dequantizesEveryBlockFormatToTheBitsOfGgml() throws IOException {
        Set<TensorType> seen = EnumSet.noneOf(TensorType.class);
        for (String line : lines()) {
            String[] words = line.split(" ");
            if (words[0].equals("read")) {
                TensorType type = TensorType.valueOf(words[1]);
                byte[] blocks = HexFormat.of().parseHex(words[2]);
                float[] values = new float[blocks.length / type.blockBytes() * type.blockSize()];
                RowCodec.of(type)
                        .dequantize(MemorySegment.ofArray(blocks), 0, values, 0, values.length);
                assertEquals(words[3], crc32(values), type + " of ggml-blocks.txt");
                seen.add(type);
            }
        }
        Set<TensorType> expected = EnumSet.allOf(TensorType.class);
        expected.removeIf(type -> !type.isQuantized());
        expected.removeAll(EnumSet.of(TensorType.Q8_1, TensorType.Q8_K)); // ggml never reads them
        expected.addAll(EnumSet.of(TensorType.F16, TensorType.BF16));
        assertEquals(expected, seen);
    }

    @Test
    void quantizesToTheBytesOfGgml() throws IOException {
        float[] row = {};
        int comparisons = 0;
        for (String line : lines()) {
            String[] words = line.split(" ");
            if (words[0].equals("row")) {
                row = floats(HexFormat.of().parseHex(words[1]));
            } else if (words[0].equals("write")) {
                TensorType type = TensorType.valueOf(words[1]);
                byte[] blocks = new byte[(int) type.rowBytes(row.length)];
                RowCodec.of(type).quantize(row, 0, MemorySegment.ofArray(blocks), 0, row.length);
                assertEquals(words[2], HexFormat.of().formatHex(blocks), type.toString());
                comparisons++;
            }
        }
        assertEquals(4 * 8, comparisons);
    }

    private static List<String> lines() throws IOException {
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(
                                GgmlBlocksTest.class.getResourceAsStream("ggml-blocks.txt"),
                                StandardCharsets.US_ASCII))) {
            return reader.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    private static String crc32(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
