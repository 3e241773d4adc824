package dev.twinbolt.kernels.cpu.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.twinbolt.gguf.GgufFile;
import dev.twinbolt.gguf.TensorInfo;
import dev.twinbolt.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// Real tensors, where the optional folder of test data has them.
final class GoldenTensorsTest {
    @Test
    void dequantizesTheTensorsOfRealFilesByThePublishedFormula() throws IOException {
        Path golden = Path.of(System.getProperty("twinbolt.root", ".."), "..", "shared", "golden");
        if (!Files.isDirectory(golden)) {
            String reason = "skipped: " + golden.normalize() + " is absent";
            System.out.println(reason);
            Assumptions.abort(reason);
        }
        Set<TensorType> seen = EnumSet.noneOf(TensorType.class);
        for (Path path : filesIn(golden)) {
            try (GgufFile file = GgufFile.open(path)) {
                for (TensorInfo tensor : file.tensors()) {
                    if (tensor.type().isQuantized()) {
                        seen.add(tensor.type());
                        assertRowsMatchFormula(path + " " + tensor.name(), file, tensor);
                    }
                }
            }
        }
        Set<TensorType> expected = EnumSet.allOf(TensorType.class);
        expected.removeIf(type -> !type.isQuantized());
        expected.removeAll(EnumSet.of(TensorType.Q8_1, TensorType.Q8_K)); // in no file
        assertEquals(expected, seen);
    }

    private static void assertRowsMatchFormula(String what, GgufFile file, TensorInfo tensor) {
        TensorType type = tensor.type();
        int rowElements = Math.toIntExact(tensor.ne().getFirst());
        long rowBytes = type.rowBytes(rowElements);
        MemorySegment data = file.data(tensor);
        RowCodec codec = RowCodec.of(type);
        Formula formula = Formula.of(type);
        byte[] blocks = new byte[(int) rowBytes];
        float[] actual = new float[rowElements];
        for (long offset = 0; offset < data.byteSize(); offset += rowBytes) {
            codec.dequantize(data, offset, actual, 0, rowElements);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset, blocks, 0, blocks.length);
            for (int i = 0; i < rowElements; i++) {
                int at = i / type.blockSize() * type.blockBytes();
                float expected = formula.element(blocks, at, i % type.blockSize());
                if (Float.floatToIntBits(expected) != Float.floatToIntBits(actual[i])) {
                    assertEquals(expected, actual[i], what + " byte " + offset + " element " + i);
                }
            }
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "*.gguf")) {
            stream.forEach(files::add);
        }
        Collections.sort(files);
        return files;
    }
}
